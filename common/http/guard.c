/*
 *  guard - refuses what two HTTP parsers could read differently
 *
 *  The library is permissive: it takes Content-Length beside Transfer-Encoding,
 *  each of them twice, blanks before the colon and NUL in values. Behind another
 *  parser each of these can smuggle a second request, so none passes here.
 */
#include "edge.h"

#include <strings.h>

typedef struct {
    mc_text_t length;
    mc_text_t coding;
    int length_count;
    int coding_count;
    bool is_malformed;
} framing_t;

/* The characters of a token, RFC 9110 section 5.6.2. */
static bool
is_token(mc_text_t text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return text.size > 0;
}

static bool
is_header(mc_text_t name, mc_text_t wanted)
{
    return name.size == wanted.size && !strncasecmp(name.data, wanted.data, wanted.size);
}

static bool
has_control(mc_text_t value)
{
    for (size_t i = 0; i < value.size; i++)
        if ((unsigned char)value.data[i] < ' ' && value.data[i] != '\t')
            return true;
    return false;
}

static enum MHD_Result
look_at_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_size,
               const char *value, size_t value_size)
{
    (void)kind;
    framing_t *framing = arg;
    mc_text_t key = {name, name_size};
    mc_text_t text = {value, value_size};
    if (!is_token(key) || has_control(text))
        framing->is_malformed = true;
    if (is_header(key, MC_TEXT("content-length"))) {
        framing->length = text;
        framing->length_count++;
    } else if (is_header(key, MC_TEXT("transfer-encoding"))) {
        framing->coding = text;
        framing->coding_count++;
    }
    return MHD_YES;
}

static int
check_framing(const framing_t *framing, mc_refusal_t *refusal)
{
    if (framing->is_malformed)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                         "a header has a name or a value that HTTP does not allow");
    if (framing->length_count > 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "content-length came %d times",
                         framing->length_count);
    if (framing->coding_count > 1)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL, "transfer-encoding came %d times",
                         framing->coding_count);
    if (framing->length_count && framing->coding_count)
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                         "content-length and transfer-encoding came together");
    if (framing->coding_count && !is_header(framing->coding, MC_TEXT("chunked")))
        return mc_refuse(refusal, MC_BAD_INPUT_ERROR, NULL,
                         "transfer-encoding is %.*s, only chunked is read here",
                         (int)(framing->coding.size > 64 ? 64 : framing->coding.size),
                         framing->coding.data ? framing->coding.data : "");
    return 0;
}

static int
check_size(struct MHD_Connection *connection, mc_refusal_t *refusal)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!info || info->header_size <= MC_HTTP_HEADER_BYTES_MAX)
        return 0;
    return mc_refuse(refusal, MC_HEADERS_TOO_LARGE_ERROR, NULL,
                     "the headers have %zu bytes, the limit is %d", info->header_size,
                     MC_HTTP_HEADER_BYTES_MAX);
}

int
mc_http_guard(struct MHD_Connection *connection, mc_text_t *ret_length, bool *ret_is_chunked,
              mc_refusal_t *refusal)
{
    framing_t framing = {0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at_header, &framing);
    if (check_framing(&framing, refusal) != 0 || check_size(connection, refusal) != 0)
        return MC_REFUSED;
    *ret_length = framing.length;
    *ret_is_chunked = framing.coding_count > 0;
    return 0;
}
