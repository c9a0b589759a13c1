# Benches: each prints a table and writes build/bench/<name>.json. Included by the Makefile.

BENCH_TOOLS := load copy fill listen upstream calls ticker
BENCH_BIN := $(BENCH_TOOLS:%=$(BUILD)/bench/%)

$(BUILD)/bench/%: $(BUILD)/fast/tests/bench/%.o $(FAST_LIB)
	@mkdir -p $(@D)
	@$(CC) $(FAST) $^ $(LIBS) -o $@

# The choice of a model is measured in the router's own code.
$(BUILD)/bench/decide: $(BUILD)/fast/tests/bench/decide.o \
		$(call objects,fast,$(filter-out %/main.c,$(call program_src,router))) $(FAST_LIB)
	@mkdir -p $(@D)
	@$(CC) $(FAST) $^ $(LIBS) -o $@

BENCHES := ingest spans ack stream query memory router control

.PHONY: bench $(BENCHES:%=bench-%)
bench: $(BENCHES:%=bench-%) ## Print every figure as value and ratio; writes build/bench/*.json
$(BENCHES:%=bench-%): bench-%: build $(BENCH_BIN)
	@deploy/node . node tests/bench/$*.mjs

# Besides: nginx, and the npm package that the router is compared with.
bench-router: $(BUILD)/bench/decide bench-router-tools
.PHONY: bench-router-tools
bench-router-tools:
	@deploy/install-packages bench
	@tests/bench/portkey/install
