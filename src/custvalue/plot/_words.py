"""Words of pictures whose names may be in another language than English."""

from __future__ import annotations

from collections.abc import Mapping

from custvalue._declared import spoken

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "overall": "总体",
        "score": "得分",
        "level": "等级",
        "target": "目标",
        "score with all targets met": "达到全部目标时的得分",
        "middle half of peers": "同行中间半数",
        "median of peers": "同行中位数",
        "not rated": "未评",
        "does not apply": "不适用",
        "counted": "采用值",
        "third party": "第三方",
        "internal": "内部",
        "self": "自评",
        "cumulative effort": "累计投入",
        "impact": "影响",
        "effort": "投入",
        "blocks the next level": "阻碍升级",
        "another step": "其他步骤",
        "comes before": "先于",
        "nothing to improve": "无需改进",
        "bounds": "区间",
        "stale": "已过期",
        "(status) not certain": "（状态）不确定",
    }
}


def word(text: str, language: str) -> str:
    """Return a word of a picture in a language, or else in English."""
    known = {code: words[text] for code, words in _WORDS.items() if text in words}
    return spoken({"en": text, **known}, language)
