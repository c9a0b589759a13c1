/*
 *  secret_input - passphrases and keys from the terminal without echo, or from standard input
 */
#include "secret_input.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "common/error.h"

int
missionctl_secret_begin(void)
{
    struct rlimit none = {0, 0};
    if (sodium_init() == -1)
        return mc_fail("libsodium cannot be used");
    if (setrlimit(RLIMIT_CORE, &none) == -1 || prctl(PR_SET_DUMPABLE, 0) == -1)
        return mc_fail_errno("forbidding dumps of memory");
    return 0;
}

static missionctl_secret_t
make_room(void)
{
    missionctl_secret_t room = {sodium_malloc(MISSIONCTL_SECRET_BYTES_MAX + 1), 0};
    if (!room.data)
        mc_fatal("out of memory");
    return room;
}

void
missionctl_secret_clear(missionctl_secret_t *self)
{
    sodium_free(self->data);
    *self = (missionctl_secret_t){0};
}

missionctl_secret_t
missionctl_secret_copy(mc_text_t text)
{
    missionctl_secret_t copy = make_room();
    assert(text.size <= MISSIONCTL_SECRET_BYTES_MAX);
    memcpy(copy.data, text.data, text.size);
    copy.size = text.size;
    return copy;
}

void
missionctl_secret_wipe(mc_buffer_t *buffer)
{
    if (buffer->data)
        sodium_memzero(buffer->data, buffer->capacity);
    mc_buffer_clear(buffer);
}

/* Byte by byte, so that nothing of the next line is taken. */
static int
read_bytes(int fd, bool is_line, missionctl_secret_t *secret)
{
    char byte;
    ssize_t size;
    while ((size = read(fd, &byte, 1)) != 0) {
        if (size == -1 && errno == EINTR)
            continue;
        if (size == -1)
            return mc_fail_errno("reading a secret");
        if (is_line && byte == '\n')
            break;
        if (secret->size == MISSIONCTL_SECRET_BYTES_MAX)
            return mc_fail("a secret has at most %d bytes", MISSIONCTL_SECRET_BYTES_MAX);
        secret->data[secret->size++] = byte;
    }
    while (secret->size && strchr("\r\n", secret->data[secret->size - 1]))
        secret->size--;
    secret->data[secret->size] = '\0';
    return secret->size ? 0 : mc_fail("nothing was given");
}

static void
write_out(int fd, const char *text)
{
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
}

static int
ask_terminal(const char *prompt, missionctl_secret_t *secret)
{
    struct termios shown;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd == -1 || tcgetattr(fd, &shown) == -1) {
        (void)mc_fail_errno("opening the terminal");
        if (fd != -1)
            close(fd);
        return -1;
    }
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    write_out(fd, prompt);
    write_out(fd, ": ");
    tcsetattr(fd, TCSAFLUSH, &hidden);
    int result = read_bytes(fd, true, secret);
    tcsetattr(fd, TCSAFLUSH, &shown);
    write_out(fd, "\n");
    close(fd);
    return result;
}

static int
read_secret(const char *prompt, bool is_line, missionctl_secret_t *ret_secret)
{
    missionctl_secret_t secret = make_room();
    int result = isatty(STDIN_FILENO) ? ask_terminal(prompt, &secret)
                                      : read_bytes(STDIN_FILENO, is_line, &secret);
    if (result == -1) {
        missionctl_secret_clear(&secret);
        return mc_fail_while("%s", prompt);
    }
    *ret_secret = secret;
    return 0;
}

int
missionctl_secret_read(const char *prompt, missionctl_secret_t *ret_secret)
{
    return read_secret(prompt, true, ret_secret);
}

int
missionctl_secret_read_all(const char *prompt, missionctl_secret_t *ret_secret)
{
    return read_secret(prompt, false, ret_secret);
}

int
missionctl_secret_read_new(const char *prompt, missionctl_secret_t *ret_secret)
{
    missionctl_secret_t again = {0};
    if (read_secret(prompt, true, ret_secret) == -1)
        return -1;
    if (!isatty(STDIN_FILENO))
        return 0;
    int result = read_secret("The same again", true, &again);
    bool is_same = result == 0 && again.size == ret_secret->size &&
                   sodium_memcmp(again.data, ret_secret->data, again.size) == 0;
    if (result == 0 && !is_same)
        result = mc_fail("the two are not the same");
    missionctl_secret_clear(&again);
    if (result == -1)
        missionctl_secret_clear(ret_secret);
    return result;
}

int
missionctl_secret_read_file(const char *path, missionctl_secret_t *ret_secret)
{
    missionctl_secret_t secret = make_room();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = fd == -1 ? mc_fail_errno("opening %s", path) : read_bytes(fd, true, &secret);
    if (fd != -1)
        close(fd);
    if (result == 0)
        *ret_secret = secret;
    else
        missionctl_secret_clear(&secret);
    return result;
}
