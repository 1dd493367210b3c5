# 衡鉴 Hengjian. `make demo` 看演示，`make test` 跑全部测试；其余见 `make help`。
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TESTS_AT_ONCE ?= 2
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
VENDOR := hengjian/console/static/vendor
PO := $(wildcard hengjian/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
# 演示城市另用一个数据目录，绝不与真实数据相混 · the demonstration has a data folder of its own
# 目录名带程序与制度的摘要：程序或制度变了，演示就在新目录重建 · a changed program or policy gets a new folder
DEMO_MARK = $(shell find hengjian policies -name '*.py' -o -name '*.yaml' | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-8)
DEMO_DATA ?= $(if $(filter 0,$(shell id -u)),/var/lib,$(HOME)/.local/share)/hengjian-demo-$(DEMO_MARK)
say = @printf '\033[1m▸ %s\033[0m\n' "$(1)"

.PHONY: help demo test check types lock clean venv venv-default assets messages system directory

help:
	@echo '衡鉴 Hengjian'
	@echo '  make demo    装好一切并运行演示城市    install everything, run the demonstration city'
	@echo '  make test    装好一切并跑全部测试      install everything, run all tests'
	@echo '  make check   风格、类型、导入契约      style, types, import contracts'
	@echo '  make venv    只建开发用的虚拟环境      only make the developers'"'"' environment'
	@echo '  make assets  只装页面用的本地文件      only install the files of the pages'
	@echo '  make lock    重新锁定依赖版本          lock the dependencies anew'
	@echo '  make clean   删除装出来的一切          remove all that was installed'

# --- 主要目标 · what people come for --------------------------------------------------------
demo: venv-default assets messages
	$(call say,运行演示城市（合成数据） · running the demonstration city (synthetic data))
	@HENGJIAN_DATA='$(DEMO_DATA)' $(BIN)/hengjian demo
	@if [ -t 0 ] && [ -t 1 ]; then HENGJIAN_DATA='$(DEMO_DATA)' $(BIN)/hengjian serve; \
	else echo '要打开页面 · to open the pages:'; \
	  echo "  HENGJIAN_DATA='$(DEMO_DATA)' $(BIN)/hengjian serve"; fi

test: venv assets messages system directory
	$(call say,跑全部测试 · running all tests)
	@$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadfile

check: venv assets messages
	$(call say,风格 · style: ruff)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(call say,类型 · types: mypy --strict)
	@HENGJIAN_SECRET_KEY=$${HENGJIAN_SECRET_KEY:-for-checking-only-nothing-is-served-with-it} $(BIN)/mypy
	$(call say,导入契约 · import contracts: import-linter)
	@$(BIN)/lint-imports --no-cache
	$(call say,房屋规矩 · rules of the house: pytest tests/unit/house)
	@$(BIN)/python -m pytest -q tests/unit/house

# --- Python -------------------------------------------------------------------------------
$(UV):
	$(call say,建立虚拟环境 · making the virtual environment)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo '需要 Python 3.11 或更新 · needs Python 3.11 or newer: make PYTHON=python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo '缺少 venv 模块 · the module venv is missing: apt-get install python3-venv'; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

INSTALL := VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet
OURSELVES := --no-deps --no-build-isolation -e .

$(VENV)/.default: requirements.lock pyproject.toml | $(UV)
	$(call say,安装运行所需的包 · installing what the program needs)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) $(OURSELVES)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(UV)
	$(call say,安装开发与测试所需的包 · installing what development and tests need)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) $(OURSELVES)
	@touch $@ $(VENV)/.default

# 只供测试对照：声明要 Python 3.12，3.11 上照样能跑 · says it needs 3.12, runs on 3.11; only tests see it
$(VENV)/.oracles: tests/independent/oracles.lock | $(UV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
	  --require-hashes --upgrade --target $(VENV)/oracles -r $<
	@touch $@

venv: $(VENV)/.dev $(VENV)/.oracles
	@:
venv-default: $(VENV)/.default
	@:

LOCK := pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal \
  --python-version 3.11
lock: | $(UV)
	$(call say,锁定依赖 · locking dependencies)
	@$(UV) $(LOCK) pyproject.toml --group build -o requirements.lock
	@$(UV) $(LOCK) pyproject.toml --extra anchor --extra kernel --group dev \
	  -c requirements.lock -o requirements-dev.lock
	@echo 'python-ldap>=3.4.8' | $(UV) $(LOCK) --no-annotate - -o requirements-ldap.lock

# --- 页面用的文件 · files of the pages -------------------------------------------------------
node_modules/.installed: package.json package-lock.json .npmrc
	$(call say,安装页面用的包 · installing the packages of the pages)
	@command -v npm > /dev/null || { echo '需要 Node.js 与 npm · needs Node.js and npm'; exit 1; }
	@npm ci --no-progress --loglevel=error > /dev/null
	@touch $@

$(VENDOR)/.copied: node_modules/.installed
	$(call say,把页面用的文件放到本地 · putting the files of the pages in place)
	@rm -rf $(VENDOR) && mkdir -p $(VENDOR)/tabler $(VENDOR)/echarts $(VENDOR)/htmx
	@sed '/^\/\*# sourceMappingURL=/d' node_modules/@tabler/core/dist/css/tabler.min.css > $(VENDOR)/tabler/tabler.min.css
	@sed '/^\/\/# sourceMappingURL=/d' node_modules/@tabler/core/dist/js/tabler.min.js > $(VENDOR)/tabler/tabler.min.js
	@cp node_modules/echarts/dist/echarts.min.js node_modules/echarts/LICENSE node_modules/echarts/NOTICE $(VENDOR)/echarts/
	@cp node_modules/htmx.org/dist/htmx.min.js node_modules/htmx.org/LICENSE $(VENDOR)/htmx/
	@touch $@

assets: $(VENDOR)/.copied
	@:

# --- 文字 · texts --------------------------------------------------------------------------
%.mo: %.po | $(VENV)/.default
	@$(BIN)/pybabel --quiet compile -i $< -o $@

messages: $(MO)
	@:

# --- 系统软件 · system packages of the tests -------------------------------------------------
system:
	@bash .ci/system-packages

# 目录登录要当场编译，缺头文件就不装，有关测试会跳过 · compiled here; without headers its tests are skipped
directory: system $(VENV)/.dev
	@if [ ! -f /usr/include/ldap.h ]; then echo '缺少 libldap-dev，目录登录的测试会跳过 · skipping sign-in by directory'; \
	elif [ requirements-ldap.lock -nt $(VENV)/.ldap ]; then \
	  $(INSTALL) --require-hashes -r requirements-ldap.lock && touch $(VENV)/.ldap; fi

clean:
	$(call say,删除装出来的一切 · removing all that was installed)
	@rm -rf $(VENV) node_modules $(VENDOR) $(MO) build dist *.egg-info
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
