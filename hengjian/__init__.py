"""Hengjian 衡鉴: officials assessed by clause; every figure explained, every result recomputable."""

__version__ = "0.1.0"
