/*
 *  copy - how fast PostgreSQL takes the same rows by COPY BINARY, and nothing else
 *
 *      copy CONNECTION TABLE ROWS BATCH
 *
 *  One connection, synchronous commit, one transaction for each batch: what
 *  events/s through ingest are compared with. Prints {"rows", "seconds"}.
 */
#include <libpq-fe.h>
#include <stdlib.h>

#include "rows.h"

static void
must(PGconn *connection, bool is_well)
{
    if (is_well)
        return;
    fprintf(stderr, "copy: %s", PQerrorMessage(connection));
    exit(1);
}

static void
copy_batch(PGconn *connection, const char *sql, const mc_buffer_t *rows)
{
    PGresult *result = PQexec(connection, sql);
    must(connection, PQresultStatus(result) == PGRES_COPY_IN);
    PQclear(result);
    must(connection, PQputCopyData(connection, rows->data, (int)rows->size) == 1);
    must(connection, PQputCopyEnd(connection, NULL) == 1);
    result = PQgetResult(connection);
    must(connection, PQresultStatus(result) == PGRES_COMMAND_OK);
    PQclear(result);
    while ((result = PQgetResult(connection)))
        PQclear(result);
}

static void
encode_batch(const mc_columns_t *columns, uint64_t first, uint64_t count, mc_buffer_t *out)
{
    mc_buffer_reset(out);
    mc_copy_header(out);
    for (uint64_t n = first; n < first + count; n++) {
        bench_row_t row;
        mc_agent_event_t event = bench_event(&row, n);
        mc_set(&event, agent_event, id, (int64_t)n + 1);
        mc_copy_row(columns, &event, out);
    }
    mc_copy_trailer(out);
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "copy CONNECTION TABLE ROWS BATCH\n");
        return 2;
    }
    uint64_t rows = strtoull(argv[3], NULL, 10), batch = strtoull(argv[4], NULL, 10);
    mc_columns_t columns;
    mc_buffer_t sql = {0}, data = {0};
    PGconn *connection = PQconnectdb(argv[1]);
    must(connection, PQstatus(connection) == CONNECTION_OK);
    mc_columns_init(&columns, &mc_agent_event_shape, NULL);
    mc_buffer_printf(&sql, "COPY %s (", argv[2]);
    mc_columns_write_names(&columns, &sql);
    mc_buffer_append(&sql, ") FROM STDIN (FORMAT binary)", sizeof ") FROM STDIN (FORMAT binary)");
    int64_t took_us = 0;
    for (uint64_t done = 0; done < rows; done += batch) {
        encode_batch(&columns, done, batch, &data); /* not timed: ingest pays for its own */
        int64_t start_us = mc_clock_steady_us();
        copy_batch(connection, sql.data, &data);
        took_us += mc_clock_steady_us() - start_us;
    }
    printf("{\"rows\":%llu,\"seconds\":%.6f}\n", (unsigned long long)rows, (double)took_us / 1e6);
    PQfinish(connection);
    mc_buffer_clear(&sql);
    mc_buffer_clear(&data);
    return 0;
}
