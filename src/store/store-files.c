/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-files-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct _StoreFiles
{
  char *root;
  char *owner;
  char *spool_folder;
  int lock;
  gint next;      /* atomic */
  gint *arriving; /* atomic: spools that are not whole yet; each of them, too, has a reference */
};

/* ---- errors ---- */

gboolean
store_files_fail (GError **error, int code, const char *doing, const char *path)
{
  StoreError kind = code == ENOSPC || code == EDQUOT || code == EFBIG ? STORE_ERROR_FULL
                    : code == ENOENT                                  ? STORE_ERROR_NOT_FOUND
                                                                      : STORE_ERROR_IO;

  g_set_error (error, STORE_ERROR, kind, "“%s” could not be %s: %s", path, doing,
               code == ENOSPC ? "there is no room on the disk" : g_strerror (code));
  return FALSE;
}

/* ---- paths ---- */

static char *
full_path (StoreFiles *files, const char *path)
{
  return g_build_filename (files->root, path, NULL);
}

static char *
spool_path (StoreFiles *files, const char *name)
{
  return g_build_filename (files->root, "tmp", name, NULL);
}

static char *
lock_path (StoreFiles *files, const char *owner)
{
  g_autofree char *name = g_strconcat (owner, ".lock", NULL);

  return spool_path (files, name);
}

static gboolean
sync_path (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done = fd >= 0 && fsync (fd) == 0;
  int code = errno;

  if (fd >= 0)
    close (fd);
  return done || store_files_fail (error, code, "synced", path);
}

/* A new folder lasts only when its parent has been synced. */
static gboolean
make_folders (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_mkdir (path, 0700) == 0)
    return sync_path (parent, error);
  if (errno == EEXIST)
    return TRUE;
  if (errno != ENOENT)
    return store_files_fail (error, errno, "made", path);
  if (!make_folders (parent, error))
    return FALSE;
  if (g_mkdir (path, 0700) != 0 && errno != EEXIST)
    return store_files_fail (error, errno, "made", path);
  return sync_path (parent, error);
}

/* ---- the process's own folder ---- */

static int
take_lock (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      close (fd);
      fd = -1;
    }
  return fd;
}

StoreFiles *
store_files_new (const char *root, GError **error)
{
  StoreFiles *files = g_new0 (StoreFiles, 1);
  files->root = g_strdup (root);
  files->lock = -1;
  files->arriving = g_atomic_rc_box_new0 (gint);
  files->owner = g_strdup_printf ("%ld-%08x", (long) getpid (), g_random_int ());
  files->spool_folder = spool_path (files, files->owner);

  /* The lock comes before the folder, so that no sweep sees the folder without it. */
  g_autofree char *parent = g_build_filename (root, "tmp", NULL);
  g_autofree char *lock = lock_path (files, files->owner);
  gboolean made = make_folders (parent, error);
  if (made && (files->lock = take_lock (lock)) < 0)
    made = store_files_fail (error, errno, "made", lock);
  if (!made || !make_folders (files->spool_folder, error))
    {
      store_files_free (files);
      return NULL;
    }
  return files;
}

void
store_files_free (StoreFiles *files)
{
  if (files->lock >= 0)
    {
      g_autofree char *lock = lock_path (files, files->owner);
      /* With something in it the folder stays, for the next sweep. */
      if (g_rmdir (files->spool_folder) == 0)
        g_unlink (lock);
      close (files->lock);
    }
  g_atomic_rc_box_release (files->arriving);
  g_free (files->root);
  g_free (files->owner);
  g_free (files->spool_folder);
  g_free (files);
}

const char *
store_files_get_root (StoreFiles *files)
{
  return files->root;
}

const char *
store_files_get_owner (StoreFiles *files)
{
  return files->owner;
}

const char *
store_files_get_spool_folder (StoreFiles *files)
{
  return files->spool_folder;
}

guint
store_files_count_arriving (StoreFiles *files)
{
  return (guint) g_atomic_int_get (files->arriving);
}

gboolean
store_files_is_owner_alive (StoreFiles *files, const char *owner)
{
  g_autofree char *path = lock_path (files, owner);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  /* What cannot be looked at is left to those who can. */
  if (fd < 0)
    return errno != ENOENT;
  /* Shared, so that two who look at once do not take each other for the owner. */
  gboolean alive = flock (fd, LOCK_SH | LOCK_NB) != 0;
  close (fd);
  return alive;
}

static void
remove_folder (StoreFiles *files, const char *owner, GHashTable *kept)
{
  g_autofree char *path = spool_path (files, owner);
  g_autofree char *lock = lock_path (files, owner);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *spool = g_build_filename (owner, name, NULL);
      if (!g_hash_table_contains (kept, spool))
        g_unlink (file);
    }
  if (g_rmdir (path) == 0)
    g_unlink (lock);
}

GHashTable *
store_files_list_dead (StoreFiles *files)
{
  GHashTable *dead = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path = spool_path (files, ".");
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);
      if (g_file_test (entry, G_FILE_TEST_IS_DIR) && !store_files_is_owner_alive (files, name))
        g_hash_table_add (dead, g_strdup (name));
    }
  return dead;
}

void
store_files_sweep (StoreFiles *files, GHashTable *dead, GHashTable *kept)
{
  GHashTableIter iter;
  gpointer owner;

  g_hash_table_iter_init (&iter, dead);
  while (g_hash_table_iter_next (&iter, &owner, NULL))
    remove_folder (files, owner, kept);
}

/* ---- places ---- */

static gboolean
make_folder_of (const char *file, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (file);

  return make_folders (folder, error);
}

gboolean
store_files_sync_folder (StoreFiles *files, const char *path, GError **error)
{
  g_autofree char *file = full_path (files, path);
  g_autofree char *folder = g_path_get_dirname (file);

  return sync_path (folder, error);
}

/* For file systems without hard links. */
static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new (from, FALSE, error);

  return map != NULL
         && g_file_set_contents_full (to, g_mapped_file_get_contents (map),
                                      (gssize) g_mapped_file_get_length (map),
                                      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                      0600, error);
}

/* Errors as errno has them; 0: it has its place. */
static int
try_place (const char *from, const char *to, gboolean last)
{
  if ((last ? g_rename (from, to) : link (from, to)) == 0 || (!last && errno == EEXIST))
    return 0;
  int code = errno;
  return code == ENOENT && g_file_test (to, G_FILE_TEST_EXISTS) ? 0 : code;
}

gboolean
store_files_place (StoreFiles *files,
                   const char *name,
                   const char *path,
                   gboolean last,
                   GError **error)
{
  g_autofree char *from = spool_path (files, name);
  g_autofree char *to = full_path (files, path);
  int code = try_place (from, to, last);

  if (code == ENOENT)
    {
      if (!make_folder_of (to, error))
        return FALSE;
      code = try_place (from, to, last);
    }
  if (code == 0)
    return TRUE;
  if (!last && (code == EPERM || code == EMLINK || code == ENOTSUP || code == ENOSYS))
    return copy_file (from, to, error);
  return store_files_fail (error, code, last ? "moved" : "linked", to);
}

void
store_files_drop_spool (StoreFiles *files, const char *name)
{
  g_autofree char *path = spool_path (files, name);

  g_unlink (path);
}

static GBytes *
map_file (const char *path, GError **error)
{
  g_autoptr (GError) failed = NULL;
  g_autoptr (GMappedFile) map = g_mapped_file_new (path, FALSE, &failed);

  if (map != NULL)
    return g_mapped_file_get_bytes (map);
  g_set_error (error, STORE_ERROR,
               g_error_matches (failed, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                       || g_error_matches (failed, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)
                   ? STORE_ERROR_NOT_FOUND
                   : STORE_ERROR_IO,
               "“%s” could not be read: %s", path, failed->message);
  return NULL;
}

GBytes *
store_files_read (StoreFiles *files, const char *path, const char *name, GError **error)
{
  g_autofree char *file = full_path (files, path);
  g_autoptr (GError) failed = NULL;

  GBytes *bytes = map_file (file, &failed);
  if (bytes == NULL && name != NULL && g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    {
      g_autofree char *spooled = spool_path (files, name);
      bytes = map_file (spooled, NULL);
      /* It may have been given its place between the two looks. */
      if (bytes == NULL)
        {
          g_clear_error (&failed);
          bytes = map_file (file, &failed);
        }
    }
  if (bytes == NULL)
    g_propagate_error (error, g_steal_pointer (&failed));
  return bytes;
}

gboolean
store_files_rename (StoreFiles *files, const char *from, const char *to, GError **error)
{
  g_autofree char *source = full_path (files, from);
  g_autofree char *target = full_path (files, to);

  if (!make_folder_of (target, error))
    return FALSE;
  return g_rename (source, target) == 0 || store_files_fail (error, errno, "moved", source);
}

void
store_files_remove (StoreFiles *files, const char *path)
{
  g_autofree char *file = full_path (files, path);

  if (g_unlink (file) != 0 && errno != ENOENT)
    g_warning ("“%s” could not be removed: %s", file, g_strerror (errno));
}

gboolean
store_files_exists (StoreFiles *files, const char *path)
{
  g_autofree char *file = full_path (files, path);

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

/* ---- spools ---- */

#define BUFFER (16 * 1024)
#define FIRST  (6 * 1024) /* most letters have room in it */

struct _StoreSpool
{
  gint *arriving; /* NULL: the letter is whole */
  char *name;
  char *path;
  int fd;
  GByteArray *buffer;
  guint64 size;
  int failure; /* errno of a write: what is in the file since then is not the letter */
  gboolean kept;
};

StoreSpool *
store_spool_new (StoreFiles *files, GError **error)
{
  StoreSpool *spool = g_new0 (StoreSpool, 1);

  spool->name
      = g_strdup_printf ("%s/%u", files->owner, (guint) g_atomic_int_add (&files->next, 1) + 1);
  spool->path = spool_path (files, spool->name);
  spool->buffer = g_byte_array_sized_new (FIRST);
  spool->fd = open (spool->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (spool->fd < 0)
    {
      store_files_fail (error, errno, "written", spool->path);
      spool->kept = TRUE;
      g_clear_pointer (&spool, store_spool_free);
      return NULL;
    }
  spool->arriving = g_atomic_rc_box_acquire (files->arriving);
  g_atomic_int_inc (spool->arriving);
  return spool;
}

void
store_spool_end (StoreSpool *spool)
{
  if (spool->arriving == NULL)
    return;
  g_atomic_int_add (spool->arriving, -1);
  g_clear_pointer (&spool->arriving, g_atomic_rc_box_release);
}

void
store_spool_free (StoreSpool *spool)
{
  store_spool_end (spool);
  if (spool->fd >= 0)
    close (spool->fd);
  if (!spool->kept)
    g_unlink (spool->path);
  g_byte_array_unref (spool->buffer);
  g_free (spool->name);
  g_free (spool->path);
  g_free (spool);
}

gboolean
store_spool_write_out (StoreSpool *spool, GError **error)
{
  const guint8 *data = spool->buffer->data;
  gsize length = spool->buffer->len;

  while (length > 0 && spool->failure == 0)
    {
      gssize written = write (spool->fd, data, length);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        {
          spool->failure = errno;
          break;
        }
      data += written;
      length -= (gsize) written;
    }
  if (spool->failure != 0)
    return store_files_fail (error, spool->failure, "written", spool->path);
  g_byte_array_set_size (spool->buffer, 0);
  return TRUE;
}

gboolean
store_spool_write (StoreSpool *spool, const guint8 *data, gsize length, GError **error)
{
  g_byte_array_append (spool->buffer, data, (guint) length);
  spool->size += length;
  return spool->buffer->len < BUFFER || store_spool_write_out (spool, error);
}

guint64
store_spool_get_size (StoreSpool *spool)
{
  return spool->size;
}

gboolean
store_spool_patch (StoreSpool *spool,
                   guint64 offset,
                   const guint8 *data,
                   gsize length,
                   GError **error)
{
  g_return_val_if_fail (offset + length <= spool->size, FALSE);
  if (spool->size == spool->buffer->len)
    {
      memcpy (spool->buffer->data + offset, data, length);
      return TRUE;
    }
  if (!store_spool_write_out (spool, error))
    return FALSE;
  while (length > 0)
    {
      gssize written = pwrite (spool->fd, data, length, (off_t) offset);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        {
          spool->failure = errno;
          return store_files_fail (error, errno, "written", spool->path);
        }
      offset += (guint64) written;
      data += written;
      length -= (gsize) written;
    }
  return TRUE;
}

const char *
store_spool_get_name (StoreSpool *spool)
{
  return spool->name;
}

gboolean
store_spool_sync_file (StoreSpool *spool, GError **error)
{
  return fdatasync (spool->fd) == 0 || store_files_fail (error, errno, "synced", spool->path);
}

gboolean
store_spool_sync (StoreSpool *spool, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (spool->path);

  return store_spool_write_out (spool, error) && store_spool_sync_file (spool, error)
         && sync_path (folder, error);
}

GBytes *
store_spool_read (StoreSpool *spool, gsize max, GError **error)
{
  gsize length = MIN (max, spool->size), done = 0;
  gsize end = MIN (length, spool->size - spool->buffer->len); /* the rest is not written yet */
  g_autofree guint8 *data = g_malloc (length);

  while (done < end)
    {
      gssize part = pread (spool->fd, data + done, end - done, (off_t) done);
      if (part < 0 && errno == EINTR)
        continue;
      if (part <= 0)
        {
          store_files_fail (error, part < 0 ? errno : EIO, "read", spool->path);
          return NULL;
        }
      done += (gsize) part;
    }
  if (length > done)
    memcpy (data + done, spool->buffer->data, length - done);
  return g_bytes_new_take (g_steal_pointer (&data), length);
}

GBytes *
store_spool_map (StoreSpool *spool, GError **error)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new_from_fd (spool->fd, FALSE, error);

  return map != NULL ? g_mapped_file_get_bytes (map) : NULL;
}

void
store_spool_keep (StoreSpool *spool)
{
  spool->kept = TRUE;
}
