# Benches: each prints a table and writes build/bench/<name>.json. Included by the Makefile.

BENCH_TOOLS := load copy fill listen
BENCH_BIN := $(BENCH_TOOLS:%=$(BUILD)/bench/%)

$(BUILD)/bench/%: $(BUILD)/fast/tests/bench/%.o $(FAST_LIB)
	@mkdir -p $(@D)
	@$(CC) $(FAST) $^ $(LIBS) -o $@

BENCHES := ingest ack stream query memory

.PHONY: bench $(BENCHES:%=bench-%)
bench: $(BENCHES:%=bench-%) ## Print every figure as value and ratio; writes build/bench/*.json
$(BENCHES:%=bench-%): bench-%: build $(BENCH_BIN)
	@deploy/node . node tests/bench/$*.mjs
