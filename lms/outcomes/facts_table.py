"""The columns of a table of outcomes, and what people call them in their own tables."""

from __future__ import annotations

from lms.metrics.facts_file import COLUMNS
from lms.table_files import Columns

ALSO_CALLED = {
    "student_number": "person", "student number": "person", "학번": "person", "교육생번호": "person",
    "기수": "cohort", "입과일": "enrolled_on", "중도탈락일": "left_on", "탈락사유": "leaving",
    "수료일": "completed_on", "희망진로": "intent", "상태": "kind", "status": "kind", "구분": "kind",
    "시작일": "valid_from", "종료일": "valid_to", "증빙수준": "evidence_level", "관련분야": "in_field",
    "주당시간": "hours", "고용형태": "contract", "계약개월": "contract_months", "보험가입": "insured",
    "지원금": "subsidised", "지역": "region", "사업자등록": "registered", "매출": "sales",
    "소득": "income", "기본급": "base_pay", "취업경로": "found_through", "입사경로": "found_through",
}  # fmt: skip
FACTS = Columns(COLUMNS, ("person", "kind", "valid_from"), ALSO_CALLED)
