#!/bin/sh
# Starts Apache ZooKeeper in the foreground as the container's first process: start.sh ZOO_CFG. JVMFLAGS may
# hold more options for the virtual machine.
set -eu

java_directory=/usr/share/java
class_path=/opt/apache:$java_directory/zookeeper.jar
for jar in slf4j-log4j12 log4j-1.2 netty-codec netty-resolver netty-transport-native-unix-common servlet-api; do
  class_path=$class_path:$java_directory/$jar.jar
done

# A server that a reconfiguration took out finds itself in no configuration and does not start again; then it is for
# its operator to give it one with itself in it, as to one that joins. What it was first started with is one.
config=$1
data_directory=$(sed -n 's/^dataDir=//p' "$config")
my_id=$(cat "$data_directory/myid" 2>/dev/null || true)
[ -e "$config.first" ] || cp "$config" "$config.first"
members=$(sed -n 's/^dynamicConfigFile=//p' "$config")
if [ -n "$members" ] && [ -n "$my_id" ] && ! grep -q "^server\.$my_id=" "$members" 2>/dev/null; then
  cp "$config.first" "$config"
fi

# exec: a signal to the container must reach the server itself.
exec java -Xmx512m ${JVMFLAGS:-} -cp "$class_path" \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
