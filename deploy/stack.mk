# The stack on this machine: what it takes, up, down and a look at it. Included by the Makefile.

CONSOLE := services/console
CONSOLE_SRC := $(shell find $(CONSOLE) -name node_modules -prune -o -type f -print 2>/dev/null)
CONSOLE_MODULES := $(CONSOLE)/node_modules/.package-lock.json
CONSOLE_STAMP := $(BUILD)/console.stamp

.PHONY: packages
packages: ## Install the Debian packages that building and running take
	@deploy/install-packages build run

$(CONSOLE_MODULES): $(CONSOLE)/package-lock.json
	@deploy/node $(CONSOLE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONSOLE_STAMP): $(CONSOLE_SRC) $(CONSOLE_MODULES)
	@mkdir -p $(@D)
	@deploy/node $(CONSOLE) npm run --silent build -- --logLevel warn
	@touch $@

.PHONY: console
console: $(CONSOLE_STAMP) ## Build the console, if its sources changed

# In a make of its own: the compilers may have been installed just now.
.PHONY: up
up: packages ## Install, build and start everything; prints the console's address and the login
	@$(MAKE) --no-print-directory -j$$(nproc) build console
	@$(BUILD)/missionctl up

.PHONY: down
down: ## Stop everything; nothing is lost
	@if [ -x $(BUILD)/missionctl ]; then $(BUILD)/missionctl down; else echo "nothing is built, so nothing runs"; fi

.PHONY: status
status: $(BUILD)/missionctl ## What runs and how it is
	@$(BUILD)/missionctl status

.PHONY: logs
logs: $(BUILD)/missionctl ## The last lines of every log; SERVICE=gateway and FOLLOW=1 narrow and follow
	@$(BUILD)/missionctl logs $(SERVICE) $(if $(FOLLOW),--follow)

.PHONY: demo
demo: up ## Start everything and a fleet of agents at work
	@$(BUILD)/missionctl demo
