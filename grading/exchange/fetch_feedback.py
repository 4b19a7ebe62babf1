"""Fetching feedback: CODE/NAME/feedback/<when it was submitted>/<notebook>.html."""

from nbgrader.exchange import abc

from grading.exchange.base import Exchange
from grading.exchange.files import replace_file, safe_path, sha256
from grading.exchange.refusal import Refusal, in_both
from grading.exchange.times import timestamp


class ExchangeFetchFeedback(Exchange, abc.ExchangeFetchFeedback):
    def copy_files(self) -> None:
        released = [
            submission
            for submission in self.lms.submissions(course=self.course)
            if submission["assignment_id"] == self.assignment and submission["feedback"]
        ]
        if not released:
            raise Refusal(
                in_both("아직 공개된 피드백이 없습니다.", "There is no released feedback yet."),
                status=404,
            )
        for submission in released:
            folder = self.folder / "feedback" / timestamp(self, submission["received_at"])
            for notebook, digest in submission["feedback"]["notebooks"].items():
                target = folder / safe_path(f"{notebook}.html")
                if target.is_file() and sha256(target.read_bytes()) == digest:
                    continue
                replace_file(target, self.lms.feedback(submission["id"], notebook))
                self.log.info("Fetched feedback: %s", target)
