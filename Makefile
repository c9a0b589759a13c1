# Mission Control: everything that builds, runs and proves it. `make` lists the targets.

SHELL := /bin/bash
BUILD := build
CC ?= gcc
CXX ?= g++
SERVICES := ingest control gateway vault router budget
PROGRAMS := $(SERVICES) missionctl
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wvla
BASE := -I. -I$(BUILD)/gen -isystem /usr/include/postgresql -D_GNU_SOURCE -fno-omit-frame-pointer -MMD -MP
CFLAGS_ALL := -std=gnu11 $(BASE) $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes
CXXFLAGS_ALL := -std=c++17 $(BASE) $(WARNINGS)
FAST := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
SAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -DMC_SANITIZED=1
LIBS := -lczmq -lzmq -lmicrohttpd -lpq -lprotobuf-c -lmsgpackc -lsimdjson -lsodium -lsqlite3 -lcurl -lcrypto -lhs -lz -lstdc++ -lutil -lm -lpthread

# The sources by folder; a new file is found by itself.
PROTO_SRC := $(filter-out proto/generate%.c,$(wildcard proto/*.c))
# Programs that wipe whatever they free, see common/wiping_free.c.
WIPING := vault gateway router
COMMON_SRC := $(filter-out common/wiping_free.c,$(wildcard common/*.c common/*.cc common/*/*.c))
LIB_SRC := $(PROTO_SRC) $(COMMON_SRC)
program_src = $(wildcard services/$(1)/*.c services/$(1)/*/*.c)
OTLP_PROTO := $(wildcard proto/otlp/*.proto)
OTLP_GEN := $(patsubst proto/otlp/%.proto,$(BUILD)/gen/otlp/%.pb-c.c,$(OTLP_PROTO))

objects = $(patsubst %,$(BUILD)/$(1)/%.o,$(basename $(2)))
FAST_LIB := $(BUILD)/fast/libmc.a
SAN_LIB := $(BUILD)/san/libmc.a

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | awk -F'|' '{printf "  %-16s %s\n", $$1, $$2}'

.PHONY: build
build: $(PROGRAMS:%=$(BUILD)/%) ## Build the services and missionctl

# --- objects, plain and under the sanitizers ---------------------------------------------------

$(BUILD)/gen/otlp/%.pb-c.c: proto/otlp/%.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=proto/otlp --c_out=$(@D) $<

$(BUILD)/fast/%.o: %.c | $(OTLP_GEN)
	@mkdir -p $(@D)
	@echo "  cc    $<"; $(CC) $(CFLAGS_ALL) $(FAST) -DMC_VERSION='"$(VERSION)"' -c $< -o $@
$(BUILD)/fast/%.o: %.cc
	@mkdir -p $(@D)
	@echo "  c++   $<"; $(CXX) $(CXXFLAGS_ALL) $(FAST) -c $< -o $@
$(BUILD)/san/%.o: %.c | $(OTLP_GEN)
	@mkdir -p $(@D)
	@echo "  san   $<"; $(CC) $(CFLAGS_ALL) $(SAN) -DMC_VERSION='"$(VERSION)"' -c $< -o $@
$(BUILD)/san/%.o: %.cc
	@mkdir -p $(@D)
	@echo "  san   $<"; $(CXX) $(CXXFLAGS_ALL) $(SAN) -c $< -o $@
$(BUILD)/fast/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@echo "  cc    $<"; $(CC) -std=gnu11 -I$(BUILD)/gen -I$(BUILD)/gen/otlp -O2 -g -c $< -o $@
$(BUILD)/san/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@echo "  cc    $<"; $(CC) -std=gnu11 -I$(BUILD)/gen -I$(BUILD)/gen/otlp $(SAN) -c $< -o $@

# The document is linked into the gateway as it is.
$(BUILD)/fast/services/gateway/openapi.o $(BUILD)/san/services/gateway/openapi.o: docs/openapi.json
# So are what models cost, and which there are where nobody says so.
$(BUILD)/fast/services/router/registry_cards.o $(BUILD)/san/services/router/registry_cards.o: services/router/model_cards.json aop_models.json

.SECONDARY: $(OTLP_GEN)

gen_objects = $(patsubst $(BUILD)/gen/%.c,$(BUILD)/$(1)/gen/%.o,$(OTLP_GEN))

$(FAST_LIB): $(call objects,fast,$(LIB_SRC)) $(call gen_objects,fast)
	@rm -f $@
	@echo "  ar    $@"; ar rcs $@ $^
$(SAN_LIB): $(call objects,san,$(LIB_SRC)) $(call gen_objects,san)
	@rm -f $@
	@echo "  ar    $@"; ar rcs $@ $^

define PROGRAM
$(BUILD)/$(1): $(call objects,fast,$(call program_src,$(1)) $(if $(filter $(1),$(WIPING)),common/wiping_free.c)) $(FAST_LIB)
	@echo "  link  $$@"; $(CC) $(FAST) $$^ $(LIBS) -o $$@
$(BUILD)/san/bin/$(1): $(call objects,san,$(call program_src,$(1))) $(SAN_LIB)
	@mkdir -p $$(@D)
	@echo "  link  $$@"; $(CC) $(SAN) $$^ $(LIBS) -o $$@
endef
$(foreach program,$(PROGRAMS),$(eval $(call PROGRAM,$(program))))

.PHONY: build-san
build-san: $(PROGRAMS:%=$(BUILD)/san/bin/%) ## Build them under the sanitizers too

# --- unit tests: one Criterion program per file -------------------------------------------------

UNIT_SRC := $(wildcard tests/unit/*/test_*.c tests/unit/services/*/test_*.c tests/bus/test_*.c tests/edge/test_*.c)
UNIT_BIN := $(patsubst tests/%.c,$(BUILD)/san/tests/%,$(UNIT_SRC))

# A test of services/X links that service without its main.
unit_service = $(word 3,$(subst /, ,$(patsubst unit/services/%,unit services %,$(1))))
service_objects = $(call objects,san,$(filter-out %/main.c,$(call program_src,$(1))))

define UNIT
$(BUILD)/san/tests/$(1): $(BUILD)/san/tests/$(1).o $(if $(filter unit/services/%,$(1)),$(call service_objects,$(word 3,$(subst /, ,$(1))))) $(SAN_LIB)
	@mkdir -p $$(@D); echo "  link  $$@"; $(CC) $(SAN) $$^ $(LIBS) -lcriterion -o $$@
endef
$(foreach unit,$(patsubst tests/%.c,%,$(UNIT_SRC)),$(eval $(call UNIT,$(unit))))

.PHONY: unit-build
unit-build: $(UNIT_BIN)

.PHONY: unit
unit: unit-build ## Run the C tests under address and undefined-behaviour sanitizers
	@tests/run-unit $(UNIT_BIN)

# --- suites: each ends in a line of counts that tests/run-all adds up ---------------------------

.PHONY: test
test: ## Install what tests need, build, run every suite; ends with the counts
	@deploy/install-packages build run test
	@$(MAKE) --no-print-directory -j$$(nproc) build unit-build console
	@tests/run-all

.PHONY: suite-unit suite-fixtures suite-console suite-system suite-chaos-short suite-fuzz-short suite-e2e
suite-unit: unit
suite-fixtures:
	@tests/count-node fixtures tests/clients/fixtures.test.mjs
suite-console: $(CONSOLE_MODULES)
	@tests/count-vitest
suite-system: system
suite-chaos-short: chaos-short
suite-fuzz-short: fuzz-short
suite-e2e:
	@tests/console/run

# --- rules --------------------------------------------------------------------------------------

TIDY_SRC := $(filter-out $(wildcard proto/generate*.c),$(wildcard proto/*.c common/*.c common/*/*.c services/*/*.c))

.PHONY: lint
lint: proto-check ## Layout, clang-tidy, include direction, sizes, stale generated files
	@clang-format --dry-run -Werror $$(git ls-files -co --exclude-standard '*.c' '*.h' '*.cc')
	@tests/style/check.py
	@printf '%s\n' $(TIDY_SRC) | xargs -P $$(nproc) -n 8 tests/style/tidy
	@echo "lint: clean"

.PHONY: format
format: ## Lay out all C with clang-format
	clang-format -i $$(git ls-files '*.c' '*.h' '*.cc')

.PHONY: clean
clean: ## Remove what was built; var/ stays
	rm -rf $(BUILD)

include proto/proto.mk deploy/stack.mk
-include tests/fresh/fresh.mk tests/tests.mk tests/fuzz/fuzz.mk tests/bench/bench.mk deploy/compose.mk

-include $(shell find $(BUILD)/fast $(BUILD)/san -name '*.d' -type f 2>/dev/null)
