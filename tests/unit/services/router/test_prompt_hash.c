/*
 *  test_prompt_hash - the same number for the same prompt, under a key that stays
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/router/prompt_hash.h"

static char folder[] = "/tmp/mc-test-prompt-XXXXXX";
static char path[64];

static void
open_folder(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
}

static void
close_folder(void)
{
    unlink(path);
    cr_expect_eq(rmdir(folder), 0, "nothing else is left there");
}

TestSuite(prompt_hash, .init = open_folder, .fini = close_folder);

Test(prompt_hash, has_a_key_that_stays_and_is_read_by_its_owner_alone)
{
    unsigned char first[ROUTER_PROMPT_KEY_BYTES], second[ROUTER_PROMPT_KEY_BYTES];
    struct stat file;
    router_prompt_key(path, first);
    router_prompt_key(path, second);
    cr_expect_arr_eq(first, second, sizeof first);
    cr_assert_eq(stat(path, &file), 0);
    cr_expect_eq(file.st_mode & 0777, 0600U);
}

Test(prompt_hash, has_a_key_of_its_own_where_none_can_be_kept)
{
    unsigned char first[ROUTER_PROMPT_KEY_BYTES], second[ROUTER_PROMPT_KEY_BYTES];
    router_prompt_key("/nonexistent/key", first);
    router_prompt_key("/nonexistent/key", second);
    cr_expect_arr_neq(first, second, sizeof first);
}

Test(prompt_hash, tells_prompts_apart)
{
    unsigned char key[ROUTER_PROMPT_KEY_BYTES] = {1}, other[ROUTER_PROMPT_KEY_BYTES] = {2};
    char one[ROUTER_PROMPT_HASH_SIZE], two[ROUTER_PROMPT_HASH_SIZE];
    router_prompt_hash(key, MC_TEXT("[1]"), one);
    router_prompt_hash(key, MC_TEXT("[1]"), two);
    cr_expect_str_eq(one, two);
    cr_expect_eq(strlen(one), 16);
    router_prompt_hash(key, MC_TEXT("[2]"), two);
    cr_expect_str_neq(one, two);
    router_prompt_hash(other, MC_TEXT("[1]"), two);
    cr_expect_str_neq(one, two, "the key counts");
    router_prompt_hash(key, (mc_text_t){0}, two);
    cr_expect_str_eq(two, "");
}
