"""nbgrader in a trainee's notebook server: its exchange is the LMS."""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.ExchangeFactory.exchange = "grading.exchange.base.Exchange"
c.ExchangeFactory.list = "grading.exchange.list.ExchangeList"
c.ExchangeFactory.fetch_assignment = "grading.exchange.fetch_assignment.ExchangeFetchAssignment"
c.ExchangeFactory.fetch_feedback = "grading.exchange.fetch_feedback.ExchangeFetchFeedback"
c.ExchangeFactory.submit = "grading.exchange.submit.ExchangeSubmit"
c.ExchangeFactory.collect = "grading.exchange.collect.ExchangeCollect"
c.ExchangeFactory.release_assignment = "grading.exchange.staff.ExchangeReleaseAssignment"
c.ExchangeFactory.release_feedback = "grading.exchange.staff.ExchangeReleaseFeedback"

c.Exchange.assignment_dir = str(Path.home())
c.Exchange.timezone = "Asia/Seoul"
# Fetching again never changes what is there: it brings back what is missing.
c.ExchangeFetchAssignment.replace_missing_files = True
