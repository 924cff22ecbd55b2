/* SPDX-License-Identifier: MIT */
#include "store-values.h"

static const char *const folder_names[STORE_N_FOLDERS]
    = { "Inbox", "Sent", "Drafts", "Outbox", "Trash", "Junk" };
static const char *const security_names[] = { "tls", "starttls", "none" };
static const char *const outbox_names[] = { "waiting", "sending", "in doubt", "failed" };

const char *
store_folder_get_name (StoreFolder folder)
{
  return folder_names[folder];
}

gboolean
store_folder_from_name (const char *name, StoreFolder *folder)
{
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    if (g_ascii_strcasecmp (folder_names[i], name) == 0)
      {
        *folder = (StoreFolder) i;
        return TRUE;
      }
  return FALSE;
}

const char *
store_security_get_name (StoreSecurity security)
{
  return security_names[security];
}

gboolean
store_security_from_name (const char *name, StoreSecurity *security)
{
  for (guint i = 0; i < G_N_ELEMENTS (security_names); i++)
    if (g_ascii_strcasecmp (security_names[i], name) == 0)
      {
        *security = (StoreSecurity) i;
        return TRUE;
      }
  return FALSE;
}

const char *
store_outbox_state_get_name (StoreOutboxState state)
{
  return outbox_names[state];
}

static void
copy_server (StoreServer *to, const StoreServer *from)
{
  to->host = g_strdup (from->host);
  to->port = from->port;
  to->security = from->security;
  to->user = g_strdup (from->user);
}

const char *
store_keep_get_name (StoreKeep keep)
{
  static const char *const names[STORE_N_KEEPS] = { "not", "forever", "days", "until-deleted" };

  return names[keep];
}

StoreAccount *
store_account_new (void)
{
  StoreAccount *account = g_new0 (StoreAccount, 1);

  account->name = g_strdup ("");
  account->address = g_strdup ("");
  account->smtp.host = g_strdup ("");
  account->smtp.user = g_strdup ("");
  account->pop3.host = g_strdup ("");
  account->pop3.user = g_strdup ("");
  account->sign_in = g_strdup ("");
  account->proxy = g_strdup ("");
  return account;
}

StoreAccount *
store_account_copy (const StoreAccount *account)
{
  StoreAccount *copy = g_new0 (StoreAccount, 1);

  copy->id = account->id;
  copy->name = g_strdup (account->name);
  copy->address = g_strdup (account->address);
  copy_server (&copy->smtp, &account->smtp);
  copy_server (&copy->pop3, &account->pop3);
  copy->keep = account->keep;
  copy->keep_days = account->keep_days;
  copy->max_octets = account->max_octets;
  copy->local = account->local;
  copy->sign_in = g_strdup (account->sign_in);
  copy->proxy = g_strdup (account->proxy);
  return copy;
}

void
store_account_free (StoreAccount *account)
{
  if (account == NULL)
    return;
  g_free (account->name);
  g_free (account->address);
  g_free (account->smtp.host);
  g_free (account->smtp.user);
  g_free (account->pop3.host);
  g_free (account->pop3.user);
  g_free (account->sign_in);
  g_free (account->proxy);
  g_free (account);
}

StoreLetter *
store_letter_copy (const StoreLetter *letter)
{
  StoreLetter *copy = g_memdup2 (letter, sizeof *letter);

  copy->message_id = g_strdup (letter->message_id);
  copy->subject = g_strdup (letter->subject);
  copy->from = g_strdup (letter->from);
  copy->to = g_strdup (letter->to);
  copy->snippet = g_strdup (letter->snippet);
  copy->path = g_strdup (letter->path);
  return copy;
}

void
store_letter_free (StoreLetter *letter)
{
  if (letter == NULL)
    return;
  g_free (letter->message_id);
  g_free (letter->subject);
  g_free (letter->from);
  g_free (letter->to);
  g_free (letter->snippet);
  g_free (letter->path);
  g_free (letter);
}

StoreRecipient *
store_recipient_new (const char *address)
{
  StoreRecipient *recipient = g_new0 (StoreRecipient, 1);

  recipient->address = g_strdup (address);
  return recipient;
}

void
store_recipient_free (StoreRecipient *recipient)
{
  if (recipient == NULL)
    return;
  g_free (recipient->address);
  g_free (recipient->reply);
  g_free (recipient);
}

StoreOutboxEntry *
store_outbox_entry_new (void)
{
  StoreOutboxEntry *entry = g_new0 (StoreOutboxEntry, 1);

  entry->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify) store_recipient_free);
  return entry;
}

StoreOutboxEntry *
store_outbox_entry_copy (const StoreOutboxEntry *entry)
{
  StoreOutboxEntry *copy = g_memdup2 (entry, sizeof *entry);

  copy->last_error = g_strdup (entry->last_error);
  copy->reverse_path = g_strdup (entry->reverse_path);
  copy->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify) store_recipient_free);
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const StoreRecipient *from = g_ptr_array_index (entry->recipients, i);
      StoreRecipient *to = store_recipient_new (from->address);
      to->state = from->state;
      to->reply = g_strdup (from->reply);
      g_ptr_array_add (copy->recipients, to);
    }
  return copy;
}

void
store_outbox_entry_free (StoreOutboxEntry *entry)
{
  if (entry == NULL)
    return;
  g_free (entry->last_error);
  g_free (entry->reverse_path);
  g_ptr_array_unref (entry->recipients);
  g_free (entry);
}

void
store_user_free (StoreUser *user)
{
  if (user == NULL)
    return;
  g_free (user->name);
  g_free (user);
}

void
store_alias_free (StoreAlias *alias)
{
  if (alias == NULL)
    return;
  g_free (alias->local_part);
  g_free (alias->domain);
  g_strfreev (alias->users);
  g_free (alias);
}

const char *
store_recall_outcome_get_name (StoreRecallOutcome outcome)
{
  static const char *const names[] = {
    [STORE_RECALL_FETCHED] = "fetched",
    [STORE_RECALL_RECALLED] = "recalled",
    [STORE_RECALL_NOT_FOUND] = "not-found",
  };

  return names[outcome];
}

void
store_recall_free (StoreRecall *recall)
{
  if (recall == NULL)
    return;
  g_free (recall->user);
  g_free (recall);
}
