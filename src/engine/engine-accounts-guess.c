/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-accounts.h"

#include <message-address.h>

#include <string.h>

/* Providers whose servers do not bear the address's domain. */
typedef struct
{
  const char *domain;
  const char *smtp;
  const char *pop3;
  StoreSecurity smtp_security;
} Provider;

static const Provider providers[] = {
  { "gmail.com", "smtp.gmail.com", "pop.gmail.com", STORE_SECURITY_TLS },
  { "googlemail.com", "smtp.gmail.com", "pop.gmail.com", STORE_SECURITY_TLS },
  { "outlook.com", "smtp-mail.outlook.com", "outlook.office365.com", STORE_SECURITY_STARTTLS },
  { "hotmail.com", "smtp-mail.outlook.com", "outlook.office365.com", STORE_SECURITY_STARTTLS },
  { "live.com", "smtp-mail.outlook.com", "outlook.office365.com", STORE_SECURITY_STARTTLS },
  { "yahoo.com", "smtp.mail.yahoo.com", "pop.mail.yahoo.com", STORE_SECURITY_TLS },
  { "aol.com", "smtp.aol.com", "pop.aol.com", STORE_SECURITY_TLS },
  { "gmx.de", "mail.gmx.net", "pop.gmx.net", STORE_SECURITY_TLS },
  { "gmx.net", "mail.gmx.net", "pop.gmx.net", STORE_SECURITY_TLS },
  { "gmx.com", "mail.gmx.com", "pop.gmx.com", STORE_SECURITY_TLS },
  { "web.de", "smtp.web.de", "pop3.web.de", STORE_SECURITY_STARTTLS },
  { "t-online.de", "securesmtp.t-online.de", "securepop.t-online.de", STORE_SECURITY_TLS },
  { "posteo.de", "posteo.de", "posteo.de", STORE_SECURITY_TLS },
  { "mailbox.org", "smtp.mailbox.org", "pop3.mailbox.org", STORE_SECURITY_TLS },
  { "fastmail.com", "smtp.fastmail.com", "pop.fastmail.com", STORE_SECURITY_TLS },
  { "zoho.com", "smtp.zoho.com", "pop.zoho.com", STORE_SECURITY_TLS },
};

static void
set_server (StoreServer *server, char *host, StoreSecurity security, guint16 port, const char *user)
{
  g_free (server->host);
  g_free (server->user);
  server->host = host;
  server->port = port;
  server->security = security;
  server->user = g_strdup (user);
}

StoreAccount *
engine_accounts_guess (const char *name, const char *address)
{
  StoreAccount *account = store_account_new ();
  const char *at = strrchr (address, '@');
  g_autofree char *domain = g_ascii_strdown (at != NULL ? at + 1 : "", -1);
  const Provider *provider = NULL;

  g_free (account->name);
  g_free (account->address);
  account->name = g_strdup (name != NULL ? name : "");
  account->address = g_strdup (address);
  for (gsize i = 0; i < G_N_ELEMENTS (providers) && provider == NULL; i++)
    if (strcmp (providers[i].domain, domain) == 0)
      provider = &providers[i];

  StoreSecurity security = provider != NULL ? provider->smtp_security : STORE_SECURITY_TLS;
  set_server (&account->smtp,
              provider != NULL ? g_strdup (provider->smtp) : g_strconcat ("smtp.", domain, NULL),
              security, security == STORE_SECURITY_TLS ? 465 : 587, address);
  set_server (&account->pop3,
              provider != NULL ? g_strdup (provider->pop3) : g_strconcat ("pop.", domain, NULL),
              STORE_SECURITY_TLS, 995, address);
  return account;
}

static gboolean
is_host_name (const char *host)
{
  if (host == NULL || *host == '\0')
    return FALSE;
  for (const char *p = host; *p != '\0'; p++)
    if ((guchar) *p <= ' ' || strchr ("/@<>\"\\", *p) != NULL)
      return FALSE;
  return TRUE;
}

static char *
validate_server (const StoreServer *server, const char *purpose)
{
  if (server->host == NULL || *server->host == '\0')
    return g_strdup_printf ("Enter the name of the server for %s.", purpose);
  if (!is_host_name (server->host))
    return g_strdup_printf ("“%s” is no server name. Enter one like mail.example.org.",
                            server->host);
  if (server->port == 0)
    return g_strdup_printf ("Enter the port of the server for %s, from 1 to 65535.", purpose);
  if (server->user != NULL && strpbrk (server->user, "\r\n") != NULL)
    return g_strdup_printf ("The user name for %s has a line end in it.", purpose);
  return NULL;
}

static char *
validate_proxy (const char *proxy)
{
  static const char *const schemes[] = { "socks5", "socks4", "socks4a", "http", NULL };
  g_autoptr (GUri) uri = NULL;

  if (*proxy == '\0')
    return NULL;
  uri = g_uri_parse (proxy, G_URI_FLAGS_HAS_PASSWORD, NULL);
  if (uri != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri))
      && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0'
      && strcmp (g_uri_get_path (uri), "") == 0 && g_uri_get_port (uri) != 0)
    return NULL;
  return g_strdup ("This is no proxy. Enter one like socks5://proxy.example.org:1080 or "
                   "http://proxy.example.org:8080.");
}

char *
engine_accounts_validate (const StoreAccount *account)
{
  if (account->address == NULL || *account->address == '\0')
    return g_strdup ("Enter the mail address.");

  g_autoptr (GPtrArray) mailboxes = message_mailboxes_parse (account->address, NULL);
  const char *at = strrchr (account->address, '@');
  if (mailboxes == NULL || mailboxes->len != 1 || at == NULL || at == account->address
      || at[1] == '\0'
      || strcmp (((MessageMailbox *) g_ptr_array_index (mailboxes, 0))->address, account->address)
             != 0)
    return g_strdup_printf ("“%s” is no mail address. Enter one like ann@example.org.",
                            account->address);
  if (account->name != NULL && strpbrk (account->name, "\r\n") != NULL)
    return g_strdup ("The name has a line end in it.");

  char *wrong = validate_server (&account->pop3, "fetching");
  if (wrong == NULL && (account->pop3.user == NULL || *account->pop3.user == '\0'))
    wrong = g_strdup ("Enter the user name for fetching.");
  if (wrong == NULL)
    wrong = validate_server (&account->smtp, "sending");
  return wrong != NULL ? wrong : validate_proxy (account->proxy);
}
