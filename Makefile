# 衡鉴 Hengjian. `make demo` 看演示，`make test` 跑全部测试；其余见 `make help`。
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
UV := $(BIN)/uv
say = @printf '\033[1m▸ %s\033[0m\n' "$(1)"

.PHONY: help demo test check lock clean venv venv-default assets messages browser

help:
	@echo '衡鉴 Hengjian'
	@echo '  make demo    装好一切并运行演示城市    install everything, run the demonstration city'
	@echo '  make test    装好一切并跑全部测试      install everything, run all tests'
	@echo '  make check   风格、类型、导入契约      style, types, import contracts'
	@echo '  make venv    只建开发用的虚拟环境      only make the developers'"'"' environment'
	@echo '  make assets  只装页面用的本地文件      only install the pages'"'"' local files'
	@echo '  make lock    重新锁定依赖版本          lock the dependencies anew'
	@echo '  make clean   删除装出来的一切          remove all that was installed'

# --- Python -------------------------------------------------------------------------------
$(UV):
	$(call say,建立虚拟环境 · making the virtual environment)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo '需要 Python 3.11 或更新 · needs Python 3.11 or newer: make PYTHON=python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(STAMPS)/venv-default: requirements.lock pyproject.toml | $(UV)
	$(call say,安装运行所需的包 · installing what the program needs)
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/venv-dev: requirements-dev.lock pyproject.toml | $(UV)
	$(call say,安装开发与测试所需的包 · installing what development and tests need)
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/venv-default

venv: $(STAMPS)/venv-dev
venv-default: $(STAMPS)/venv-default

LOCK := pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11
lock: | $(UV)
	$(call say,锁定依赖 · locking dependencies)
	@$(UV) $(LOCK) pyproject.toml --group build -o requirements.lock
	@$(UV) $(LOCK) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock
