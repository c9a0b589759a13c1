/*
 *  spool - acknowledged batches on disk until PostgreSQL has committed them
 *
 *  The journal is a write-ahead log that is reused from its start. Moving its
 *  pages into the file takes tens of milliseconds, so another thread does it, on
 *  a connection of its own; commits go on beside it. Appends open a
 *  transaction, commit closes it; reads see only closed ones because they are
 *  asked for ids up to the last commit.
 */
#include "services/ingest/spool.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "common/error.h"

#define JOURNAL_PAGES 1000      /* 4 MiB: then it is moved back */
#define JOURNAL_PAGES_MAX 32000 /* 128 MiB: then nothing is committed before it is */

struct ingest_spool {
    sqlite3 *db;
    sqlite3 *keeper; /* another connection, for the thread that moves the journal back */
    int journal_pages;
    sqlite3_stmt *append;
    sqlite3_stmt *read;
    sqlite3_stmt *forget;
    int64_t bytes_max;
    int64_t bytes;
    int64_t events;
    int64_t committed_id; /* rows up to here are durable */
    int64_t appended_id;
    bool is_open;   /* a transaction has been begun */
    bool is_spoilt; /* the disk was full inside it: none of it may be acknowledged */
};

static int
fail(const ingest_spool_t *self, const char *what)
{
    return mc_fail("spool: %s: %s", what, sqlite3_errmsg(self->db));
}

static int
run(ingest_spool_t *self, const char *sql)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(self, sql);
    return 0;
}

static int
prepare(ingest_spool_t *self, const char *sql, sqlite3_stmt **ret_statement)
{
    if (sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) !=
        SQLITE_OK)
        return fail(self, sql);
    return 0;
}

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY;"
    "CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " events INTEGER NOT NULL, bytes INTEGER NOT NULL, stored BLOB NOT NULL,"
    " quarantined BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS aside (id INTEGER PRIMARY KEY, events INTEGER NOT NULL,"
    " stored BLOB NOT NULL, quarantined BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL);";

/* Counts what an earlier process left. */
static int
measure(ingest_spool_t *self)
{
    sqlite3_stmt *sum = NULL;
    if (prepare(self,
                "SELECT coalesce(sum(events),0), coalesce(sum(bytes),0), coalesce(max(id),0)"
                " FROM batch",
                &sum) == -1)
        return -1;
    int step = sqlite3_step(sum);
    if (step == SQLITE_ROW) {
        self->events = sqlite3_column_int64(sum, 0);
        self->bytes = sqlite3_column_int64(sum, 1);
        self->committed_id = sqlite3_column_int64(sum, 2);
        self->appended_id = self->committed_id;
    }
    sqlite3_finalize(sum);
    return step == SQLITE_ROW ? 0 : fail(self, "counting batches");
}

/* Called after each commit with the length of the journal. */
static int
note_journal(void *arg, sqlite3 *db, const char *name, int pages)
{
    ingest_spool_t *self = arg;
    (void)db;
    (void)name;
    self->journal_pages = pages;
    return SQLITE_OK;
}

static int
open_keeper(ingest_spool_t *self, const char *path)
{
    if (sqlite3_open_v2(path, &self->keeper, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return mc_fail("spool %s: %s", path, sqlite3_errmsg(self->keeper));
    sqlite3_exec(self->keeper, "PRAGMA synchronous=FULL; PRAGMA cache_size=-512", NULL, NULL, NULL);
    sqlite3_wal_hook(self->db, note_journal, self);
    return 0;
}

bool
ingest_spool_wants_checkpoint(const ingest_spool_t *self)
{
    return self->journal_pages >= JOURNAL_PAGES;
}

void
ingest_spool_checkpoint(ingest_spool_t *self)
{
    sqlite3_wal_checkpoint_v2(self->keeper, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static int
open_file(ingest_spool_t *self, const char *path)
{
    if (sqlite3_open_v2(path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        return mc_fail("spool %s: %s", path, sqlite3_errmsg(self->db));
    sqlite3_busy_timeout(self->db, 2000);
    if (run(self, schema) == -1 || measure(self) == -1)
        return mc_fail_while("opening %s", path);
    if (prepare(self, "INSERT INTO batch (events, bytes, stored, quarantined) VALUES (?,?,?,?)",
                &self->append) == -1 ||
        prepare(self,
                "SELECT id, events, stored, quarantined FROM batch WHERE id > ? AND id <= ?"
                " ORDER BY id LIMIT 1",
                &self->read) == -1 ||
        prepare(self, "DELETE FROM batch WHERE id <= ? RETURNING events, bytes", &self->forget) ==
            -1)
        return -1;
    return open_keeper(self, path);
}

ingest_spool_t *
ingest_spool_new(const char *path, int64_t bytes_max)
{
    ingest_spool_t *self = calloc(1, sizeof *self);
    assert(self);
    self->bytes_max = bytes_max;
    if (open_file(self, path) == -1)
        ingest_spool_destroy(&self);
    return self;
}

void
ingest_spool_destroy(ingest_spool_t **address)
{
    ingest_spool_t *self = mc_take(address);
    if (!self)
        return;
    sqlite3_finalize(self->append);
    sqlite3_finalize(self->read);
    sqlite3_finalize(self->forget);
    sqlite3_close(self->keeper);
    sqlite3_close(self->db);
    free(self);
}

static int
begin(ingest_spool_t *self)
{
    if (self->is_open)
        return 0;
    if (run(self, "BEGIN IMMEDIATE") == -1)
        return -1;
    self->is_open = true;
    return 0;
}

int
ingest_spool_append(ingest_spool_t *self, int64_t events, mc_text_t stored, mc_text_t quarantined)
{
    int64_t bytes = (int64_t)(stored.size + quarantined.size);
    if (self->bytes + bytes > self->bytes_max)
        return INGEST_SPOOL_FULL;
    if (begin(self) == -1)
        return -1;
    sqlite3_bind_int64(self->append, 1, events);
    sqlite3_bind_int64(self->append, 2, bytes);
    sqlite3_bind_blob64(self->append, 3, stored.size ? stored.data : "", stored.size,
                        SQLITE_STATIC);
    sqlite3_bind_blob64(self->append, 4, quarantined.size ? quarantined.data : "", quarantined.size,
                        SQLITE_STATIC);
    int step = sqlite3_step(self->append);
    sqlite3_reset(self->append);
    sqlite3_clear_bindings(self->append);
    if (step == SQLITE_FULL) {
        self->is_spoilt = true;
        return INGEST_SPOOL_FULL;
    }
    if (step != SQLITE_DONE)
        return fail(self, "appending a batch");
    self->appended_id = sqlite3_last_insert_rowid(self->db);
    self->bytes += bytes;
    self->events += events;
    return 0;
}

/* Takes back the open transaction; what was counted in it is counted again from the file. */
static int
roll_back(ingest_spool_t *self)
{
    self->is_open = self->is_spoilt = false;
    if (!sqlite3_get_autocommit(self->db) && run(self, "ROLLBACK") == -1)
        return -1;
    return measure(self) == -1 ? -1 : INGEST_SPOOL_FULL;
}

int
ingest_spool_commit(ingest_spool_t *self)
{
    if (!self->is_open)
        return 0;
    if (self->is_spoilt)
        return roll_back(self);
    if (run(self, "COMMIT") == -1)
        return sqlite3_errcode(self->db) == SQLITE_FULL ? roll_back(self) : -1;
    if (self->journal_pages >= JOURNAL_PAGES_MAX) /* the thread does not keep up: wait for it */
        sqlite3_wal_checkpoint_v2(self->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    self->is_open = false;
    self->committed_id = self->appended_id;
    return 0;
}

int
ingest_spool_read(ingest_spool_t *self, int64_t after, ingest_spool_row_t *ret_row)
{
    sqlite3_reset(self->read);
    sqlite3_bind_int64(self->read, 1, after);
    sqlite3_bind_int64(self->read, 2, self->committed_id);
    int step = sqlite3_step(self->read);
    if (step == SQLITE_DONE) {
        sqlite3_reset(self->read);
        return INGEST_SPOOL_END;
    }
    if (step != SQLITE_ROW)
        return fail(self, "reading a batch");
    *ret_row = (ingest_spool_row_t){
        .id = sqlite3_column_int64(self->read, 0),
        .events = sqlite3_column_int64(self->read, 1),
        .stored = {sqlite3_column_blob(self->read, 2), (size_t)sqlite3_column_bytes(self->read, 2)},
        .quarantined = {sqlite3_column_blob(self->read, 3),
                        (size_t)sqlite3_column_bytes(self->read, 3)},
    };
    return 0;
}

void
ingest_spool_read_end(ingest_spool_t *self)
{
    sqlite3_reset(self->read);
}

int
ingest_spool_forget(ingest_spool_t *self, int64_t id)
{
    sqlite3_reset(self->read);
    if (begin(self) == -1)
        return -1;
    sqlite3_bind_int64(self->forget, 1, id);
    int step;
    while ((step = sqlite3_step(self->forget)) == SQLITE_ROW) {
        self->events -= sqlite3_column_int64(self->forget, 0);
        self->bytes -= sqlite3_column_int64(self->forget, 1);
    }
    sqlite3_reset(self->forget);
    return step == SQLITE_DONE ? 0 : fail(self, "forgetting batches");
}

int
ingest_spool_set_aside(ingest_spool_t *self, int64_t id)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_reset(self->read);
    if (begin(self) == -1 || prepare(self,
                                     "INSERT OR IGNORE INTO aside SELECT id, events, stored,"
                                     " quarantined FROM batch WHERE id = ?",
                                     &statement) == -1)
        return -1;
    sqlite3_bind_int64(statement, 1, id);
    int step = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : fail(self, "setting a batch aside");
}

int64_t
ingest_spool_events(const ingest_spool_t *self)
{
    return self->events;
}

int64_t
ingest_spool_bytes(const ingest_spool_t *self)
{
    return self->bytes;
}

int
ingest_spool_remember(ingest_spool_t *self, const char *name, mc_text_t value)
{
    sqlite3_stmt *statement = NULL;
    if (begin(self) == -1 ||
        prepare(self, "INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", &statement) == -1)
        return -1;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, value.size ? value.data : "", value.size, SQLITE_STATIC);
    int step = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : fail(self, "remembering a fact");
}

int
ingest_spool_recall(ingest_spool_t *self, const char *name, mc_buffer_t *out)
{
    sqlite3_stmt *statement = NULL;
    if (prepare(self, "SELECT value FROM fact WHERE name = ?", &statement) == -1)
        return -1;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    int step = sqlite3_step(statement);
    mc_buffer_reset(out);
    if (step == SQLITE_ROW)
        mc_buffer_append(out, sqlite3_column_blob(statement, 0),
                         (size_t)sqlite3_column_bytes(statement, 0));
    sqlite3_finalize(statement);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : fail(self, "recalling a fact");
}
