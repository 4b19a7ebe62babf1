"""nbgrader's exchange over HTTP, and the notebook server's two doors for the LMS.

Runs in a trainee's notebook server, knows nothing of the LMS but its address and one session key,
and never changes a file that a trainee has touched. A submission counts only with a receipt.
"""
