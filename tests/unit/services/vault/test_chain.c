/*
 *  test_chain - records that cannot be changed, dropped or put in another order unseen
 */
#include "services/vault/chain.h"

#include "common/error.h"
#include "keys.h"

#define RECORDS 6

typedef struct {
    keys_t keys;
    vault_chain_t start;
    vault_chain_t end;
    mc_buffer_t lines;
} chain_t;

static chain_t
make_chain(void)
{
    chain_t self = {.keys = keys_make()};
    vault_chain_begin(&self.start, self.keys.book->header.vault_id);
    self.end = self.start;
    for (int64_t i = 0; i < RECORDS; i++) {
        vault_deed_t deed = {1000 + i,          MC_TEXT("ad\"min"), MC_TEXT("secret_set"),
                             MC_TEXT("openai"), MC_TEXT("allowed"), MC_TEXT("version=1\n")};
        vault_chain_add(&self.end, self.keys.ring, &deed, &self.lines);
    }
    return self;
}

static void
clear_chain(chain_t *self)
{
    mc_buffer_clear(&self->lines);
    keys_clear(&self->keys);
}

/* Follows all lines; how many held. */
static int
follow(const chain_t *self, mc_text_t text, vault_chain_t *ret_chain)
{
    int count = 0;
    *ret_chain = self->start;
    while (text.size) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        if (vault_chain_follow(ret_chain, self->keys.ring, (mc_text_t){text.data, size}))
            return count;
        count++;
        size_t taken = end ? size + 1 : size;
        text = (mc_text_t){text.data + taken, text.size - taken};
    }
    return count;
}

Test(chain, holds_as_it_was_written)
{
    chain_t self = make_chain();
    vault_chain_t chain;
    cr_expect_eq(follow(&self, mc_buffer_content(&self.lines), &chain), RECORDS);
    cr_expect_eq(chain.sequence, RECORDS);
    cr_expect(vault_mac_is(chain.head, self.end.head));
    clear_chain(&self);
}

Test(chain, no_single_bit_can_be_changed)
{
    chain_t self = make_chain();
    vault_chain_t chain;
    for (size_t bit = 0; bit < self.lines.size * 8; bit++) {
        self.lines.data[bit / 8] ^= (char)(1 << bit % 8);
        int count = follow(&self, mc_buffer_content(&self.lines), &chain);
        /* A hex digit in the other case says the same. */
        bool is_case = bit % 8 == 5 && count == RECORDS && vault_mac_is(chain.head, self.end.head);
        cr_assert(count < RECORDS || is_case, "bit %zu", bit);
        self.lines.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    clear_chain(&self);
}

Test(chain, a_record_cannot_be_left_out_doubled_or_moved)
{
    static const struct {
        int order[RECORDS + 1]; /* of lines, ended by -1 */
        int holds;
        const char *words;
    } cases[] = {
        {{0, 1, 2, 3, 4, 5, -1}, 6, ""},
        {{1, 2, 3, 4, 5, -1}, 0, "record 1 is not where it should be"},
        {{0, 1, 3, 4, 5, -1}, 2, "record 3 is not where it should be"},
        {{0, 1, 1, 2, 3, 4, -1}, 2, "record 3 is not where it should be"},
        {{0, 2, 1, 3, 4, 5, -1}, 1, "record 2 is not where it should be"},
    };
    chain_t self = make_chain();
    const char *line[RECORDS];
    size_t size[RECORDS];
    const char *at = self.lines.data;
    for (int i = 0; i < RECORDS; i++) {
        const char *end = memchr(at, '\n', (size_t)(self.lines.data + self.lines.size - at));
        line[i] = at;
        size[i] = (size_t)(end - at) + 1;
        at = end + 1;
    }
    for (size_t i = 0; i < MC_COUNT(cases); i++) {
        mc_buffer_t text = {0};
        vault_chain_t chain;
        for (const int *order = cases[i].order; *order != -1; order++)
            mc_buffer_append(&text, line[*order], size[*order]);
        mc_error_clear();
        cr_expect_eq(follow(&self, mc_buffer_content(&text), &chain), cases[i].holds, "%zu", i);
        if (cases[i].words[0])
            cr_expect_str_eq(mc_error(), cases[i].words);
        mc_buffer_clear(&text);
    }
    clear_chain(&self);
}

Test(chain, goes_on_under_new_keys_and_is_read_with_both)
{
    chain_t self = make_chain();
    vault_chain_t chain;
    vault_deed_t deed = {.at_us = 1, .actor = MC_TEXT("a"), .action = MC_TEXT("b")};
    cr_assert_eq(vault_keyring_turn(self.keys.ring), 0);
    vault_chain_add(&self.end, self.keys.ring, &deed, &self.lines);
    cr_expect_eq(follow(&self, mc_buffer_content(&self.lines), &chain), RECORDS + 1);
    vault_keyring_prune(self.keys.ring, VAULT_CHAINS_AUDIT);
    cr_expect_eq(follow(&self, mc_buffer_content(&self.lines), &chain), 0);
    cr_expect_str_eq(mc_error(), "record 1 is under a key that there is not");
    clear_chain(&self);
}

/* Texts of any length and any bytes stay one line that is read back. */
Test(chain, takes_any_text)
{
    chain_t self = make_chain();
    char text[5000];
    vault_chain_t chain;
    for (int byte = 1; byte < 256; byte += 7) {
        memset(text, byte, sizeof text);
        mc_text_t any = {text, sizeof text};
        vault_deed_t deed = {1, any, any, any, any, any};
        mc_buffer_t line = {0};
        chain = self.end;
        vault_chain_add(&chain, self.keys.ring, &deed, &line);
        cr_expect_eq(memchr(line.data, '\n', line.size), line.data + line.size - 1);
        vault_chain_t again = self.end;
        cr_expect_eq(
            vault_chain_follow(&again, self.keys.ring, (mc_text_t){line.data, line.size - 1}), 0,
            "byte %d", byte);
        mc_buffer_clear(&line);
    }
    clear_chain(&self);
}

Test(chain, a_mark_and_a_signed_one_read_back_and_no_bit_of_them_can_be_changed)
{
    chain_t self = make_chain();
    char mark[VAULT_MARK_BYTES_MAX], signed_mark[VAULT_CHECKPOINT_BYTES_MAX];
    size_t sizes[] = {vault_chain_mark(&self.end, self.keys.ring, mark) - 1,
                      vault_chain_sign(&self.end, self.keys.ring, 77, signed_mark) - 1};
    char *lines[] = {mark, signed_mark};
    int (*const readers[])(vault_chain_t *, const vault_keyring_t *,
                           mc_text_t) = {vault_chain_read_mark, vault_chain_read_signed};
    for (size_t i = 0; i < MC_COUNT(lines); i++) {
        vault_chain_t read = self.start;
        cr_assert_eq(readers[i](&read, self.keys.ring, (mc_text_t){lines[i], sizes[i]}), 0);
        cr_expect_eq(read.sequence, RECORDS);
        cr_expect(vault_mac_is(read.head, self.end.head));
        for (size_t bit = 0; bit < sizes[i] * 8; bit++) {
            lines[i][bit / 8] ^= (char)(1 << bit % 8);
            read = self.start;
            int result = readers[i](&read, self.keys.ring, (mc_text_t){lines[i], sizes[i]});
            bool is_case =
                bit % 8 == 5 && read.sequence == RECORDS && vault_mac_is(read.head, self.end.head);
            cr_assert(result == VAULT_FORGED || is_case, "line %zu bit %zu", i, bit);
            lines[i][bit / 8] ^= (char)(1 << bit % 8);
        }
        for (size_t size = 0; size < sizes[i]; size++)
            cr_assert_eq(readers[i](&read, self.keys.ring, (mc_text_t){lines[i], size}),
                         VAULT_FORGED, "cut at %zu", size);
    }
    clear_chain(&self);
}
