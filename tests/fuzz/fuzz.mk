# Every tests/fuzz/fuzz_*.c as a libFuzzer program over the sources, under the sanitizers.
# Included by the Makefile.
#
#   make fuzz FUZZ_SECONDS=600 FUZZ_TARGETS=otlp
#
# What a run finds worth keeping lies under build/fuzz/found; an input that fails is left there
# too: fix the cause and add it to tests/fuzz/corpus.

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC ?= clang
FUZZ_CXX ?= clang++
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -DMC_SANITIZED=1
FUZZ_SRC := $(LIB_SRC) $(filter-out %/main.c,$(call program_src,ingest)) $(filter-out %/main.c,$(call program_src,router)) $(filter-out %/main.c,$(call program_src,vault))
FUZZ_OBJECTS := $(call objects,fuzz,$(FUZZ_SRC)) $(call gen_objects,fuzz)
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/bin/%)

$(BUILD)/fuzz/%.o: %.c | $(OTLP_GEN)
	@mkdir -p $(@D)
	@echo "  fuzz  $<"; $(FUZZ_CC) $(CFLAGS_ALL) $(FUZZ_FLAGS) -DMC_VERSION='"$(VERSION)"' -c $< -o $@
$(BUILD)/fuzz/%.o: %.cc
	@mkdir -p $(@D)
	@echo "  fuzz  $<"; $(FUZZ_CXX) $(CXXFLAGS_ALL) $(FUZZ_FLAGS) -c $< -o $@
$(BUILD)/fuzz/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@echo "  fuzz  $<"; $(FUZZ_CC) -std=gnu11 -I$(BUILD)/gen -I$(BUILD)/gen/otlp $(FUZZ_FLAGS) -c $< -o $@

$(BUILD)/fuzz/libmc.a: $(FUZZ_OBJECTS)
	@rm -f $@
	@echo "  ar    $@"; ar rcs $@ $^

$(BUILD)/fuzz/bin/%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libmc.a
	@mkdir -p $(@D)
	@echo "  link  $@"; $(FUZZ_CXX) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ $(LIBS) -o $@

.PRECIOUS: $(BUILD)/fuzz/%.o

.PHONY: fuzz-build
fuzz-build: $(FUZZ_PROGRAMS)

.PHONY: fuzz
fuzz: fuzz-build ## Fuzz every decoder of outside bytes; FUZZ_SECONDS each, FUZZ_TARGETS
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_PROGRAMS)

.PHONY: fuzz-short
fuzz-short: fuzz-build ## The same for five seconds each
	@tests/fuzz/run 5 $(FUZZ_PROGRAMS)

-include $(shell find $(BUILD)/fuzz -name "*.d" -type f 2>/dev/null)
