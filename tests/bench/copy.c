/*
 *  copy - how fast PostgreSQL takes the same rows by COPY BINARY, and nothing else
 *
 *      copy CONNECTION TABLE ROWS BATCH
 *
 *  One connection, synchronous commit, one transaction for each batch: what
 *  events/s through ingest are compared with. Prints {"rows", "seconds"}.
 */
#include "copying.h"
#include "rows.h"

static void
encode_batch(bench_copy_t *copy, uint64_t first, uint64_t count)
{
    bench_copy_begin(copy);
    for (uint64_t n = first; n < first + count; n++) {
        bench_row_t row;
        mc_agent_event_t event = bench_event(&row, n);
        mc_set(&event, agent_event, id, (int64_t)n + 1);
        mc_copy_row(&copy->columns, &event, &copy->rows);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "copy CONNECTION TABLE ROWS BATCH\n");
        return 2;
    }
    uint64_t rows = strtoull(argv[3], NULL, 10), batch = strtoull(argv[4], NULL, 10);
    bench_copy_t copy;
    bench_copy_open(&copy, argv[1], argv[2], &mc_agent_event_shape);
    int64_t took_us = 0;
    for (uint64_t done = 0; done < rows; done += batch) {
        encode_batch(&copy, done, batch); /* not timed: ingest pays for its own */
        int64_t start_us = mc_clock_steady_us();
        bench_copy_end(&copy);
        took_us += mc_clock_steady_us() - start_us;
    }
    printf("{\"rows\":%llu,\"seconds\":%.6f}\n", (unsigned long long)rows, (double)took_us / 1e6);
    bench_copy_close(&copy);
    return 0;
}
