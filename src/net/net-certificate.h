/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The local server's identity: a small certification authority of this machine's own and a server
 * certificate for localhost, 127.0.0.1 and ::1 signed by it; made with GnuTLS on first use. Any
 * thread.
 */

#include <gio/gio.h>

typedef struct _NetIdentity NetIdentity;

/* Reads the identity in @directory, or makes it: ca.pem, ca-key.pem, server.pem, server-key.pem,
 * the keys with mode 0600 and the directory 0700; a server certificate that ends within 30 days is
 * made anew. Two programs at once end up with the same one. NET_ERROR_IDENTITY. */
NetIdentity *net_identity_ensure (const char *directory, GError **error);

/* A server certificate and key from PEM files. */
NetIdentity *net_identity_load (const char *certificate_file, const char *key_file, GError **error);

NetIdentity *net_identity_ref (NetIdentity *identity);
void net_identity_unref (NetIdentity *identity);

GTlsCertificate *
net_identity_get_certificate (NetIdentity *identity); /* with its key; for a listener */
/* The authority alone as a trust anchor for a client of the local server; NULL when loaded from
 * files. */
GTlsDatabase *net_identity_get_trust (NetIdentity *identity);
const char *net_identity_get_authority_file (NetIdentity *identity); /* ca.pem, or NULL */
/* SHA-256 of the certificate, "AB:CD:…"; for a person to compare. */
char *net_identity_dup_fingerprint (NetIdentity *identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetIdentity, net_identity_unref)
