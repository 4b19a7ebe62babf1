"""Why something was not done: a sentence for the trainee, and the HTTP status that says the same."""


class Refusal(Exception):
    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class Unreachable(Refusal):
    """The LMS gave no usable answer: nobody knows whether it did what was asked."""

    def __init__(self) -> None:
        super().__init__(
            in_both(
                "LMS에 연결하지 못했습니다. 파일은 그대로 있으니 잠시 뒤 다시 시도해 주세요.",
                "The LMS could not be reached. Your files are unharmed; try again in a minute.",
            ),
            status=503,
        )


def in_both(korean: str, english: str) -> str:
    """A notebook server does not know its user's language, so it speaks both."""
    return f"{korean}\n{english}"
