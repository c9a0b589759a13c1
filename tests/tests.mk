# Tests of the whole: real services, a private PostgreSQL, real clients. Included by the Makefile.
#
#   make system SYSTEM_FILES=tests/system/ingest.test.mjs     one file
#   make system MC_SAN=1                                      against the sanitizer build
#   make chaos CHAOS_EVENTS=20000 CHAOS_SEED=7                a short form, a seed again

SYSTEM_FILES ?= $(wildcard tests/system/*.test.mjs)
SYSTEM_PROGRAMS := $(if $(filter 1,$(MC_SAN)),build-san,$(PROGRAMS:%=$(BUILD)/%))
export MC_SAN
CHAOS_EVENTS ?= 200000
CHAOS_SEED ?=

# A router that does nothing but lease, for tests of the vault.
$(BUILD)/test-leaser: $(BUILD)/fast/tests/fakes/leaser.o $(FAST_LIB)
	@echo "  link  $@"; $(CC) $(FAST) $^ $(LIBS) -o $@

# A router that does nothing but spend, for tests of budgets.
$(BUILD)/test-spender: $(BUILD)/fast/tests/fakes/spender.o $(FAST_LIB)
	@echo "  link  $@"; $(CC) $(FAST) $^ $(LIBS) -o $@

.PHONY: system
system: $(SYSTEM_PROGRAMS) $(BUILD)/test-leaser $(BUILD)/test-spender ## Run the services against PostgreSQL, real SDKs and bad input
	@tests/clients/install || echo "the SDKs could not be installed: the tests of their programs are skipped"
	@tests/clients/models/install || echo "the SDKs could not be installed: the tests that call models with them are skipped"
	@tests/run-node system $(SYSTEM_FILES)

SAN_FILES ?= $(wildcard tests/system/router*.test.mjs tests/system/routing.test.mjs tests/system/vault.test.mjs tests/system/secrets.test.mjs)

.PHONY: system-san
system-san: ## The same with services under the sanitizers, for router and vault; SAN_FILES="tests/system/X.test.mjs ..." for others
	@$(MAKE) --no-print-directory system MC_SAN=1 SYSTEM_FILES="$(SAN_FILES)"

.PHONY: models suite-models
models: $(SYSTEM_PROGRAMS) ## Run the SDKs of agents against the simulated providers and through the router
	@tests/clients/models/install || echo "the SDKs could not be installed: their tests are skipped"
	@tests/run-node models tests/clients/models/fakes.test.mjs tests/clients/models.test.mjs

suite-models: models

.PHONY: chaos chaos-short
chaos: $(BUILD)/ingest ## Send 200,000 events while ingest and PostgreSQL are killed; CHAOS_EVENTS, CHAOS_SEED
	@deploy/node . node tests/chaos/chaos.mjs --events $(CHAOS_EVENTS) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))

chaos-short: $(BUILD)/ingest ## The same with 20,000 events
	@deploy/node . node tests/chaos/chaos.mjs --events 20000 $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))

.PHONY: chaos-holds
chaos-holds: $(SYSTEM_PROGRAMS) ## 1,000 pauses of calls under way: each answered exactly once; HOLD_CYCLES
	@HOLD_CYCLES=$(or $(HOLD_CYCLES),1000) deploy/node . node --test --test-name-pattern="exactly once, none twice" tests/system/router_control.test.mjs

.PHONY: chaos-stop chaos-stop-short suite-chaos-stop
chaos-stop: $(PROGRAMS:%=$(BUILD)/%) ## Stop trees whose agents flee while parts of the platform are killed: 60 rounds
	@deploy/node . node tests/chaos/stop.mjs $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))
chaos-stop-short: $(PROGRAMS:%=$(BUILD)/%) ## The same with one round for each part that is killed
	@deploy/node . node tests/chaos/stop.mjs --rounds 6 $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))
suite-chaos-stop: chaos-stop-short

.PHONY: screenshots
screenshots: $(PROGRAMS:%=$(BUILD)/%) $(BUILD)/test-spender console ## Take the pictures of docs/images anew, in Chromium
	@tests/console/run screenshots docs/images
