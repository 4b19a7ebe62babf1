"""An amount of money as it is typed: whole won."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from wtforms import IntegerField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

MOST_WON = 10**13


class Won(IntegerField):
    """Whole won, however people group the digits: 8,400,000,000 or 8400000000원."""

    data: int | None
    widget = TextInput()  # a number field of the browser takes no commas

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else f"{self.data:,}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = re.sub(r"[\s,]|원$|^₩", "", valuelist[0]) if valuelist else ""
        if typed and not re.fullmatch(r"-?[0-9]{1,18}", typed):
            self.data = None
            raise ValueError(_("Enter whole won, such as 8,400,000,000."))
        super().process_formdata([typed] if typed else [])


def more_than_nothing(_form: Any, field: Won) -> None:
    """A validator: what is recorded is an amount that changed hands."""
    if field.data is not None and not 0 < field.data <= MOST_WON:
        raise ValidationError(
            _("The amount is more than 0 and at most %(most)s won.", most=f"{MOST_WON:,}")
        )
