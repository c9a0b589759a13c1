/*
 *  fault - whose fault a failed attempt was, and whether another one may help
 */
#include "services/router/fault.h"

#include <stdlib.h>
#include <strings.h>

#include <curl/curl.h>

#include "common/clock.h"

#define SECOND_US INT64_C(1000000)
#define RETRY_AFTER_MAX_US (3600 * SECOND_US) /* what is longer is taken as an hour */

static const struct {
    int status;
    router_fault_t fault;
    bool may_try_again;
    bool may_try_here;
} statuses[] = {
    {401, ROUTER_FAULT_KEY, true, false}, {402, ROUTER_FAULT_KEY, true, false},
    {403, ROUTER_FAULT_KEY, true, false}, {408, ROUTER_FAULT_LANE, true, true},
    {409, ROUTER_FAULT_LANE, true, true}, {429, ROUTER_FAULT_LANE, true, true},
    {529, ROUTER_FAULT_LANE, true, true},
};

static bool
is_word(mc_text_t text, const char *word)
{
    return text.size == strlen(word) && !strncasecmp(text.data, word, text.size);
}

static int64_t
number(mc_text_t text)
{
    char digits[32];
    if (text.size == 0 || text.size >= sizeof digits)
        return -1;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    double value = strtod(digits, &end);
    if (*end || !(value >= 0) || value > 1e9)
        return -1;
    return (int64_t)(value * 1000);
}

static int64_t
bounded(int64_t us)
{
    return us > RETRY_AFTER_MAX_US ? RETRY_AFTER_MAX_US : us;
}

int64_t
router_retry_after_us(const router_retry_words_t *words, int64_t now_us)
{
    char date[64];
    int64_t ms = number(words->retry_after_ms);
    if (ms >= 0)
        return bounded(ms);
    ms = number(words->retry_after);
    if (ms >= 0)
        return bounded(ms * 1000);
    if (words->retry_after.size == 0 || words->retry_after.size >= sizeof date)
        return 0;
    memcpy(date, words->retry_after.data, words->retry_after.size);
    date[words->retry_after.size] = '\0';
    time_t at = curl_getdate(date, NULL);
    return at != -1 && at * SECOND_US > now_us ? bounded(at * SECOND_US - now_us) : 0;
}

static router_verdict_t
verdict_of_status(int status)
{
    for (size_t i = 0; i < MC_COUNT(statuses); i++)
        if (statuses[i].status == status)
            return (router_verdict_t){statuses[i].fault, statuses[i].may_try_again,
                                      statuses[i].may_try_here, 0};
    if (status >= 400 && status < 500)
        return (router_verdict_t){.fault = ROUTER_FAULT_CALLER};
    return (router_verdict_t){ROUTER_FAULT_LANE, true, true, 0};
}

router_verdict_t
router_fault_of_answer(int status, const router_error_t *error, const router_retry_words_t *words)
{
    router_verdict_t verdict = verdict_of_status(status);
    if (router_error_is_spent(error))
        verdict = (router_verdict_t){ROUTER_FAULT_KEY, true, false, 0};
    if (is_word(words->should_retry, "false"))
        verdict.may_try_here = false;
    else if (is_word(words->should_retry, "true") && verdict.fault == ROUTER_FAULT_LANE)
        verdict.may_try_here = true;
    verdict.retry_after_us = router_retry_after_us(words, mc_clock_us());
    return verdict;
}

router_verdict_t
router_fault_of_wire(void)
{
    return (router_verdict_t){ROUTER_FAULT_LANE, true, true, 0};
}
