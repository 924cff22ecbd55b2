/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-sync-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* One sync of the whole file system costs a journal's commit, whatever the number of files; synced
 * one by one each file costs one. But it writes out what other programs have left behind, too. */
#define WHOLE_FROM 2                              /* letters; one alone is quicker by itself */
#define WHOLE_LONG (20 * G_TIME_SPAN_MILLISECOND) /* others have much to write out… */
#define WHOLE_EACH (G_TIME_SPAN_MILLISECOND / 2)  /* …unless so much was ours */
#define WHOLE_REST 8                              /* times what it took, until it is tried again */

#define SYNCERS 16 /* fsync waits for the disk, which likes to have several at hand */

struct _StoreSync
{
  char *folder;
  int fd;                  /* opened once: syncfs tells of errors since the last call on it */
  gboolean has_whole;      /* syncfs can be relied on here */
  gint64 whole_not_before; /* monotonic */
};

/* Before Linux 5.8 syncfs was silent about failed writes. Only file systems are named whose syncfs
 * is known to wait for data, journal and disk: FUSE's, for one, does not ask the file system behind
 * it, and others may be without. */
static gboolean
has_reliable_syncfs (int fd)
{
  struct utsname system;
  struct statfs status;
  int major, minor;

  if (uname (&system) != 0 || sscanf (system.release, "%d.%d", &major, &minor) != 2 || major < 5
      || (major == 5 && minor < 8) || fd < 0 || fstatfs (fd, &status) != 0)
    return FALSE;
  switch ((guint64) status.f_type & G_MAXUINT32)
    {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* ---- all at once ---- */

static gboolean
sync_whole (StoreSync *sync, guint count)
{
  gint64 begun = g_get_monotonic_time ();

  if (!sync->has_whole || count < WHOLE_FROM || begun < sync->whole_not_before
      || syncfs (sync->fd) != 0)
    return FALSE;
  gint64 took = g_get_monotonic_time () - begun;
  if (took > WHOLE_LONG + count * WHOLE_EACH)
    sync->whole_not_before = begun + took * (1 + WHOLE_REST);
  return TRUE;
}

/* ---- one by one ---- */

typedef struct
{
  GMutex lock;
  GCond done;
  guint left;
} Group;

typedef struct
{
  Group *group;
  StoreSpool *spool;
  GError **error;
} Item;

static void
sync_item (gpointer data, gpointer unused)
{
  Item *item = data;
  Group *group = item->group;

  store_spool_sync_file (item->spool, item->error);
  g_mutex_lock (&group->lock);
  if (--group->left == 0)
    g_cond_signal (&group->done);
  g_mutex_unlock (&group->lock);
}

/* Threads of our own: GTask's are few, and a TLS handshake holds one of them for as long as its
 * peer likes. */
static GThreadPool *
get_syncers (void)
{
  static GThreadPool *syncers;

  if (g_once_init_enter (&syncers))
    g_once_init_leave (&syncers, g_thread_pool_new (sync_item, NULL, SYNCERS, FALSE, NULL));
  return syncers;
}

static void
sync_each (GPtrArray *items)
{
  Group group = { .left = items->len };

  g_mutex_init (&group.lock);
  g_cond_init (&group.done);
  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);
      item->group = &group;
      if (items->len == 1)
        sync_item (item, NULL);
      else
        g_thread_pool_push (get_syncers (), item, NULL);
    }
  g_mutex_lock (&group.lock);
  while (group.left > 0)
    g_cond_wait (&group.done, &group.lock);
  g_mutex_unlock (&group.lock);
  g_mutex_clear (&group.lock);
  g_cond_clear (&group.done);
}

static void
sync_entries (StoreSync *sync, GPtrArray *items)
{
  if (sync->fd >= 0 && fsync (sync->fd) == 0)
    return;
  int code = sync->fd >= 0 ? errno : EBADF;
  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);
      if (*item->error == NULL)
        store_files_fail (item->error, code, "synced", sync->folder);
    }
}

/* ---- public ---- */

StoreSync *
store_sync_new (const char *folder)
{
  StoreSync *sync = g_new0 (StoreSync, 1);

  sync->folder = g_strdup (folder);
  sync->fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  sync->has_whole = has_reliable_syncfs (sync->fd);
  return sync;
}

void
store_sync_free (StoreSync *sync)
{
  if (sync->fd >= 0)
    close (sync->fd);
  g_free (sync->folder);
  g_free (sync);
}

gboolean
store_sync_spools (StoreSync *sync, GPtrArray *spools, GError **errors)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < spools->len; i++)
    {
      StoreSpool *spool = g_ptr_array_index (spools, i);
      const Item item = { .spool = spool, .error = &errors[i] };
      if (store_spool_write_out (spool, &errors[i]))
        g_ptr_array_add (items, g_memdup2 (&item, sizeof item));
    }
  /* What syncfs failed at may be somebody else's: one by one it is told whose it was, since each
   * file was opened before it was written. */
  if (items->len == 0)
    return FALSE;
  if (sync_whole (sync, items->len))
    return TRUE;
  sync_each (items);
  sync_entries (sync, items);
  return FALSE;
}
