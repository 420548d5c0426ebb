"""Simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.languages.zh_names import NAMES as _NAMES

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "severity.critical": "严重",
        "severity.warning": "警告",
        "severity.info": "提示",
        "stage.firing": "触发",
        "stage.worsened": "触发，级别上升",
        "stage.repeated": "仍在触发",
        "stage.resolved": "已解除",
        "stage.noted": "通知",
        "stage.digest": "汇总",
        "title": "【{severity}】{subject} {name} {value}，{stage}",
        "title.plain": "【{severity}】{subject} {name}，{stage}",
        "title.test": "测试，并未真正发生。{title}",
        "sentence.above": "{subject} {name}为 {value}，高于 {level}。",
        "sentence.below": "{subject} {name}为 {value}，低于 {level}。",
        "sentence.at": "{subject} {name}为 {value}。",
        "sentence.over": "已解除：{subject} {name}为 {value}。",
        "sentence.unknown": "{subject} {name}未知。",
        "line.value": "数值：{it}",
        "line.level": "界限：{it}",
        "line.distance": "距离：{it}",
        "line.source": "来源：{it}",
        "line.age": "数据年龄：{it}",
        "line.time": "时间：{it}",
        "line.link": "图表：{it}",
        "escalation": "尚无人确认。",
        "unknown": "未知",
        "books": "账册与已存历史",
        "list": "、",
        "points": "{number} 个百分点",
        "relative": "{it}（{ratio}）",
        "age.s": "{number} 秒",
        "age.min": "{number} 分钟",
        "age.h": "{number} 小时",
        "age.d": "{number} 天",
        "time": "{year}年{month}月{day}日 {hour:02}:{minute:02}（UTC{offset}）",
        "clock": "{month}月{day}日 {hour:02}:{minute:02}",
        "digest.title": "为您保留的告警：{count} 条",
        "digest.firing": "仍在触发：",
        "digest.acked": "已有人处理，仍在触发：",
        "digest.by": "{line}（{by}）",
        "digest.ended": "期间已解除：",
        "digest.noted": "期间发生：",
        "digest.line": "- {clock} 【{severity}】{sentence}",
        "digest.more": "另有 {count} 条",
        "together": "同时 {count} 条告警",
        "channel-failed": "有一个 {channel} 渠道无法接收消息：{reason}。",
    }
)

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "BTC": "BTC",
        "BTC/EH/day": "BTC/EH/天",
        "BTC/PH/day": "BTC/PH/天",
        "BTC/block": "BTC/区块",
        "BTC/day": "BTC/天",
        "BTC/share": "BTC/股",
        "EH/s": "EH/s",
        "J/TH": "J/TH",
        "MW": "兆瓦",
        "PH/s/MW": "PH/s/兆瓦",
        "USD": "美元",
        "USD/BTC": "美元/BTC",
        "USD/EH/s": "美元/(EH/s)",
        "USD/MW": "美元/兆瓦",
        "USD/MW/day": "美元/兆瓦/天",
        "USD/MW/year": "美元/兆瓦/年",
        "USD/MWh": "美元/兆瓦时",
        "USD/PH/day": "美元/PH/天",
        "USD/day": "美元/天",
        "USD/kWh": "美元/千瓦时",
        "USD/year": "美元/年",
        "blocks": "个区块",
        "blocks/month": "个区块/月",
        "daily volatilities": "倍日波动率",
        "days": "天",
        "quarters": "个季度",
        "sat/TH/day": "聪/TH/天",
        "score": "分",
        "sessions": "个交易日",
        "tenants": "个租户",
        "x": "倍",
        "years": "年",
        "ratio": "%",
        "count": "",
        "rank": "",
        "difficulty": "",
    }
)

NAMES = _NAMES

MYRIADS = True
"""Large numbers are written in 万 and 亿."""
