/*
 *  test_provider_near - which addresses are one's own
 */
#include <criterion/criterion.h>

#include "services/router/provider.h"

Test(provider_near, tells_own_servers_from_strangers_by_their_address)
{
    static const struct {
        const char *url;
        bool is_near;
    } rows[] = {
        {"http://127.0.0.1:11434/v1", true},
        {"http://localhost:8000/v1", true},
        {"http://vllm:8000/v1", true},
        {"http://gpu.lan/v1", true},
        {"https://models.prod.internal/v1", true},
        {"http://10.1.2.3/v1", true},
        {"http://172.16.0.1", true},
        {"http://172.31.255.255", true},
        {"http://192.168.1.1:1", true},
        {"http://[::1]:8000/v1", true},
        {"http://[fd00::1]/v1", true},
        {"http://[fe80::1]", true},
        {"https://api.openai.com/v1", false},
        {"https://api.anthropic.com/v1", false},
        {"http://172.32.0.1", false},
        {"http://172.15.0.1", false},
        {"http://11.0.0.1", false},
        {"http://192.169.0.1", false},
        {"http://[2001:db8::1]/v1", false},
        {"http://local.example.com", false},
        {"http://evil.notinternal", false},
        {"http://10.0.0.1.example.com", false},
        {"", false},
    };
    for (size_t i = 0; i < MC_COUNT(rows); i++) {
        router_provider_t provider = {.base_url = mc_text(rows[i].url)};
        cr_expect_eq(router_provider_is_near(&provider), rows[i].is_near, "%s", rows[i].url);
    }
}
