/*
 *  test_env_draft - a file that is replaced whole or not at all
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/env_file.h"
#include "common/error.h"
#include "services/control/env_draft.h"

static char folder[64];
static char path[128];

static void
make_folder(void)
{
    snprintf(folder, sizeof folder, "%s", "/tmp/mc-test-draft-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/.env", folder);
}

static void
remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(env_draft, .init = make_folder, .fini = remove_folder);

static void
put(const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

static void
expect_text(const char *text)
{
    MC_AUTO(mc_arena) arena = mc_arena_new();
    mc_text_t found;
    cr_assert_eq(mc_env_file_load(path, arena, &found), 0);
    cr_expect(mc_text_is(found, text), "%.*s", MC_FMT(found));
}

static int
count_files(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_type != DT_DIR;
    closedir(dir);
    return count;
}

Test(env_draft, takes_the_place_of_the_file)
{
    put("old\n");
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert(draft, "%s", mc_error());
    expect_text("old\n");
    cr_assert_eq(control_env_draft_commit(draft), 0, "%s", mc_error());
    control_env_draft_destroy(&draft);
    cr_expect_null(draft);
    expect_text("new\n");
    cr_expect_eq(count_files(), 1);
}

Test(env_draft, leaves_no_trace_without_commit)
{
    put("old\n");
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert_eq(count_files(), 2);
    control_env_draft_destroy(&draft);
    expect_text("old\n");
    cr_expect_eq(count_files(), 1);
}

/* A reader that has the old file open goes on reading the old file: it was not written into. */
Test(env_draft, never_writes_into_the_old_file)
{
    char text[8] = "";
    put("old\n");
    int fd = open(path, O_RDONLY);
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("newer\n"));
    cr_assert_eq(control_env_draft_commit(draft), 0);
    control_env_draft_destroy(&draft);
    cr_expect_eq(read(fd, text, sizeof text - 1), 4);
    cr_expect_str_eq(text, "old\n");
    close(fd);
}

Test(env_draft, keeps_the_mode)
{
    struct stat status;
    put("old\n");
    cr_assert_eq(chmod(path, 0640), 0);
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert_eq(control_env_draft_commit(draft), 0);
    control_env_draft_destroy(&draft);
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0640);
}

Test(env_draft, makes_a_file_that_only_its_owner_reads)
{
    struct stat status;
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert(draft, "%s", mc_error());
    cr_assert_eq(control_env_draft_commit(draft), 0);
    control_env_draft_destroy(&draft);
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0600);
    expect_text("new\n");
}

Test(env_draft, follows_a_link_and_leaves_it_a_link)
{
    struct stat status;
    char target[128];
    snprintf(target, sizeof target, "%s/real", folder);
    cr_assert_eq(symlink("real", path), 0);
    FILE *file = fopen(target, "w");
    fputs("old\n", file);
    fclose(file);
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert_eq(control_env_draft_commit(draft), 0);
    control_env_draft_destroy(&draft);
    cr_assert_eq(lstat(path, &status), 0);
    cr_expect(S_ISLNK(status.st_mode));
    expect_text("new\n");
}

Test(env_draft, says_why_it_cannot_be_made)
{
    char missing[160];
    snprintf(missing, sizeof missing, "%s/none/.env", folder);
    cr_expect_null(control_env_draft_new(missing, MC_TEXT("new\n")));
    cr_expect(strstr(mc_error(), "No such file or directory"), "%s", mc_error());
}

Test(env_draft, says_why_it_cannot_be_put_in_place)
{
    put("old\n");
    control_env_draft_t *draft = control_env_draft_new(path, MC_TEXT("new\n"));
    cr_assert(draft);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkdir(path, 0755), 0);
    cr_expect_eq(control_env_draft_commit(draft), -1);
    cr_expect(strstr(mc_error(), "putting"), "%s", mc_error());
    control_env_draft_destroy(&draft);
    cr_expect_eq(count_files(), 0, "the draft is removed");
}
