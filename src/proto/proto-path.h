/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reverse-path and forward-path of RFC 5321 section 4.1.2. Any thread.
 */

#include <glib.h>

typedef struct
{
  char *local_part; /* unquoted; "" for the null reverse-path <> */
  char *domain;     /* as written, "[127.0.0.1]" for a literal; "" for <> and for <Postmaster> */
} ProtoPath;

typedef enum
{
  PROTO_PATH_REVERSE,
  PROTO_PATH_FORWARD,
} ProtoPathKind;

/* Reads a path at the start of @text ("<@a,@b:user@host> SIZE=3"): <> is allowed for a reverse-path
 * only, <Postmaster> in any case for a forward-path only, a source route is read and dropped,
 * quoted local parts and address literals are understood; local part over 64, domain over 255 and
 * path over 256 octets and control characters are refused; UTF-8 passes only with @utf8 (RFC 6531),
 * and in a domain only where that has an ASCII form, though the path keeps what was written.
 * *@rest is what follows the '>'. PROTO_ERROR_SYNTAX says what is wrong. */
ProtoPath *proto_path_parse (const char *text,
                             ProtoPathKind kind,
                             gboolean utf8,
                             const char **rest,
                             GError **error);

ProtoPath *proto_path_new (const char *local_part, const char *domain);
void proto_path_free (ProtoPath *path);
gboolean proto_path_is_null (const ProtoPath *path);
gboolean proto_path_is_postmaster (const ProtoPath *path);

/* "user@host", its local part quoted where it must be; "" for the null path. */
char *proto_path_to_address (const ProtoPath *path);

/* Writes an internationalized domain in its ASCII form (RFC 5890), as DNS and comparisons want it.
 */
gboolean proto_path_make_domain_ascii (ProtoPath *path, GError **error);

/* An address as a person gave it ("user@host", no angle brackets) as a path, its domain in ASCII. A
 * local part beyond ASCII needs SMTPUTF8. */
ProtoPath *proto_path_from_address (const char *address, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoPath, proto_path_free)
