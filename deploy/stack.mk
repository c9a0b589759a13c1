# The stack on this machine: what it takes, up, down and a look at it. Included by the Makefile.

CONSOLE := services/console
CONSOLE_SRC := $(shell find $(CONSOLE) -name node_modules -prune -o -type f -print 2>/dev/null)
CONSOLE_MODULES := $(CONSOLE)/node_modules/.package-lock.json
CONSOLE_STAMP := $(BUILD)/console.stamp

# One line that says what to do, rather than what the first compiler that is not there says. What
# installs by itself, and what builds nothing, goes on.
NEEDS_NO_PACKAGES := help packages up down status logs demo test clean test-fresh test-compose
NEEDS_BUILD_PACKAGES := build $(BUILD)/% console proto proto-made proto-check
goals_with_packages = $(filter-out $(NEEDS_NO_PACKAGES),$(MAKECMDGOALS))
package_lists := build $(if $(filter-out $(NEEDS_BUILD_PACKAGES),$(goals_with_packages)),run test)
packages_missing := $(if $(goals_with_packages),$(shell command -v dpkg-query >/dev/null && deploy/install-packages --missing $(package_lists)))
ifneq ($(packages_missing),)
$(error packages are missing: run "deploy/install-packages $(strip $(package_lists))", which installs $(packages_missing))
endif

.PHONY: packages
packages: ## Install the Debian packages that building and running take
	@deploy/install-packages build run

$(CONSOLE_MODULES): $(CONSOLE)/package-lock.json
	@deploy/node $(CONSOLE) npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(CONSOLE_STAMP): $(CONSOLE_SRC) $(CONSOLE_MODULES)
	@mkdir -p $(@D)
	@deploy/node $(CONSOLE) npm run --silent build -- --logLevel error
	@touch $@

.PHONY: console
console: $(CONSOLE_STAMP) ## Build the console, if its sources changed

# In a make of its own: the compilers may have been installed just now.
.PHONY: up
up: packages ## Install, build and start everything; prints the console's address and the login
	@$(MAKE) -s --no-print-directory -j$$(nproc) build console
	@$(BUILD)/missionctl up

# These look at what runs, and so never build.
look = if [ -x $(BUILD)/missionctl ]; then $(BUILD)/missionctl $(1); else echo "nothing is built, so nothing runs: make up"; fi

.PHONY: down
down: ## Stop everything; nothing is lost
	@$(call look,down)

.PHONY: status
status: ## What runs and how it is
	@$(call look,status)

.PHONY: logs
logs: ## The last lines of every log; SERVICE=gateway and FOLLOW=1 narrow and follow
	@$(call look,logs $(SERVICE) $(if $(FOLLOW),--follow))

.PHONY: demo
demo: up ## Start everything and a fleet of agents at work
	@$(BUILD)/missionctl demo
