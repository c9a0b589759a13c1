/*
 *  openapi - the description of the HTTP API, as part of the program
 */
#include "openapi.h"

__asm__(".section .rodata\n"
        ".global gateway_openapi_begin\n"
        "gateway_openapi_begin:\n"
        ".incbin \"docs/openapi.json\"\n"
        ".global gateway_openapi_end\n"
        "gateway_openapi_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const char gateway_openapi_begin[];
extern const char gateway_openapi_end[];

void
gateway_on_openapi(void *state, mc_http_request_t *request)
{
    (void)state;
    mc_buffer_t out = {0};
    mc_buffer_append(&out, gateway_openapi_begin,
                     (size_t)(gateway_openapi_end - gateway_openapi_begin));
    mc_http_answer_json(request, 200, &out);
}
