/* A session of the C client: zk-c-client HOST:PORT. Prints one line for every answer and every event, without
   times, ids and zxids, so that two servers can be compared. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zookeeper/zookeeper.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected = 0;
static int events = 0;
static int told = 0;
static char seen[16][300];

static int synced = 0;

static void sync_done(int result, const char *path, const void *context) {
  pthread_mutex_lock(&lock);
  synced = result == ZOK ? 1 : 2;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static const char *name_of(int type) {
  if (type == ZOO_CREATED_EVENT) return "created";
  if (type == ZOO_DELETED_EVENT) return "deleted";
  if (type == ZOO_CHANGED_EVENT) return "changed";
  if (type == ZOO_CHILD_EVENT) return "child";
  if (type == ZOO_SESSION_EVENT) return "session";
  return "other";
}

static void session_changed(zhandle_t *zh, int type, int state, const char *path, void *context) {
  pthread_mutex_lock(&lock);
  if (type == ZOO_SESSION_EVENT && state == ZOO_CONNECTED_STATE) connected = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void watched(zhandle_t *zh, int type, int state, const char *path, void *context) {
  pthread_mutex_lock(&lock);
  if (events < 16) snprintf(seen[events], sizeof seen[0], "event %s %s", name_of(type), path);
  events += 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* Waits up to ten seconds until a counter has a value. */
static int wait_for(int *counter, int value) {
  struct timespec until;
  int failed = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 10;
  pthread_mutex_lock(&lock);
  while (*counter < value && !failed) failed = pthread_cond_timedwait(&changed, &lock, &until);
  pthread_mutex_unlock(&lock);
  return failed;
}

/* Events come in a thread of their own, so they are printed where they are waited for. */
static void say_events(int expected) {
  if (wait_for(&events, expected)) printf("an event did not come\n");
  while (told < events && told < 16) printf("%s\n", seen[told++]);
}

static void say(const char *what, int result) { printf("%s: %s\n", what, result == ZOK ? "ok" : zerror(result)); }

static void say_stat(const char *what, int result, const struct Stat *stat) {
  if (result != ZOK) {
    say(what, result);
    return;
  }
  printf("%s: version %d cversion %d aversion %d length %d children %d %s\n", what, stat->version, stat->cversion,
         stat->aversion, stat->dataLength, stat->numChildren, stat->ephemeralOwner == 0 ? "" : "ephemeral");
}

static void say_data(const char *what, zhandle_t *zh, const char *path) {
  char buffer[512];
  int length = sizeof buffer;
  struct Stat stat;
  int result = zoo_get(zh, path, 0, buffer, &length, &stat);
  say_stat(what, result, &stat);
  if (result == ZOK) printf("  data %.*s\n", length < 0 ? 0 : length, buffer);
}

int main(int count, char **arguments) {
  char path[256];
  struct Stat stat;
  struct String_vector children;
  struct ACL_vector acl;
  zoo_op_t operations[4];
  zoo_op_result_t results[4];
  int expected = 0;

  if (count != 2) return 64;
  setvbuf(stdout, NULL, _IOLBF, 0);
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t *zh = zookeeper_init(arguments[1], session_changed, 10000, NULL, NULL, 0);
  if (zh == NULL || wait_for(&connected, 1)) {
    printf("not connected\n");
    return 1;
  }
  say("create", zoo_create(zh, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path));
  say("create again", zoo_create(zh, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path));
  say("create below nothing", zoo_create(zh, "/no/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path));
  say_data("get", zh, "/c");
  say_stat("set", zoo_set2(zh, "/c", "two!", 4, 0, &stat), &stat);
  say_stat("set old version", zoo_set2(zh, "/c", "no", 2, 0, &stat), &stat);
  say_data("get", zh, "/c");
  say_data("get nothing", zh, "/none");

  say("sequence", zoo_create(zh, "/c/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path));
  printf("  %s\n", path);
  say("ephemeral", zoo_create(zh, "/c/e", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path));
  say_data("get ephemeral", zh, "/c/e");
  say("below ephemeral", zoo_create(zh, "/c/e/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path));
  say("delete parent", zoo_delete(zh, "/c", -1));
  say_stat("children", zoo_get_children2(zh, "/c", 0, &children, &stat), &stat);
  printf("  %d children\n", children.count);
  deallocate_String_vector(&children);

  say_stat("exists with watch", zoo_wexists(zh, "/c/new", watched, NULL, &stat), &stat);
  say("children with watch", zoo_wget_children(zh, "/c", watched, NULL, &children));
  deallocate_String_vector(&children);
  say("create watched", zoo_create(zh, "/c/new", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path));
  expected += 2;
  say_events(expected);
  say_stat("exists with watch", zoo_wexists(zh, "/c/new", watched, NULL, &stat), &stat);
  say("set watched", zoo_set(zh, "/c/new", "x", 1, -1));
  expected += 1;
  say_events(expected);

  zoo_create_op_init(&operations[0], "/c/m", "m", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  zoo_set_op_init(&operations[1], "/c", "three", 5, 1, &stat);
  zoo_check_op_init(&operations[2], "/c", 2);
  zoo_delete_op_init(&operations[3], "/c/new", -1);
  say("multi", zoo_multi(zh, 4, operations, results));
  say_stat("  set in multi", results[1].err, &stat);
  say("multi that fails", zoo_multi(zh, 4, operations, results));
  for (int index = 0; index < 4; index += 1) printf("  %d %s\n", index, zerror(results[index].err));

  say("auth", zoo_add_auth(zh, "digest", "alice:secret", 12, NULL, NULL));
  say("create for alice", zoo_create(zh, "/c/alice", "a", 1, &ZOO_CREATOR_ALL_ACL, 0, path, sizeof path));
  say_stat("acl", zoo_get_acl(zh, "/c/alice", &acl, &stat), &stat);
  for (int index = 0; index < acl.count; index += 1) {
    printf("  %s %s %d\n", acl.data[index].id.scheme, acl.data[index].id.id, acl.data[index].perms);
  }
  deallocate_ACL_vector(&acl);
  say("set acl", zoo_set_acl(zh, "/c/alice", -1, &ZOO_READ_ACL_UNSAFE));
  say("delete as alice", zoo_delete(zh, "/c/alice", -1));
  say("set as alice", zoo_set(zh, "/c/alice", "x", 1, -1));
  say("sync", zoo_async(zh, "/c", sync_done, NULL));
  if (wait_for(&synced, 1)) printf("the sync was not answered\n");
  printf("synced: %s\n", synced == 1 ? "ok" : "failed");
  say("container", zoo_create(zh, "/c/box", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, path, sizeof path));
  say("with a time to live",
      zoo_create_ttl(zh, "/c/ttl", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_WITH_TTL, 60000, path, sizeof path));
  say("close", zookeeper_close(zh));
  return 0;
}
