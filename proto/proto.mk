# The files that are made from the tables under proto/, and the check that they are fresh.

GENERATE_SRC := $(wildcard proto/generate*.c)
GENERATED := \
	services/console/src/lib/generated/proto.ts:typescript \
	docs/openapi.json:openapi \
	.env.example:env \
	docs/reference/records.md:records \
	docs/reference/commands.md:commands \
	docs/reference/errors.md:errors \
	docs/reference/settings.md:settings \
	docs/reference/messages.md:messages

$(BUILD)/generate: $(call objects,fast,$(GENERATE_SRC) $(PROTO_SRC))
	@echo "  link  $@"; $(CC) $(FAST) $^ -lm -o $@

# Made anew under build/proto first, so that a failure leaves the old files alone.
.PHONY: proto-made
proto-made: $(BUILD)/generate
	@set -e; for pair in $(GENERATED); do \
	    file=$(BUILD)/proto/$${pair%:*}; mkdir -p $$(dirname $$file); \
	    $< $${pair##*:} >$$file; \
	done

.PHONY: proto
proto: proto-made ## Make TypeScript, OpenAPI, .env.example and the reference from the tables
	@set -e; for pair in $(GENERATED); do \
	    file=$${pair%:*}; mkdir -p $$(dirname $$file); \
	    cmp -s $(BUILD)/proto/$$file $$file || { cp $(BUILD)/proto/$$file $$file; echo "made $$file"; }; \
	done

.PHONY: proto-check
proto-check: proto-made ## Fail where one of those files is not what the tables say
	@stale=; for pair in $(GENERATED); do \
	    file=$${pair%:*}; \
	    diff -u $$file $(BUILD)/proto/$$file >$(BUILD)/proto/diff 2>&1 || \
	        { head -20 $(BUILD)/proto/diff; echo "$$file is stale: run make proto"; stale=1; }; \
	done; test -z "$$stale"
