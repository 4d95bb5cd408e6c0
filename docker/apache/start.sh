#!/bin/sh
# Starts Apache ZooKeeper in the foreground as the container's first process: start.sh ZOO_CFG. JVMFLAGS may
# hold more options for the virtual machine.
set -eu

java_directory=/usr/share/java
class_path=/opt/apache:$java_directory/zookeeper.jar
for jar in slf4j-log4j12 log4j-1.2 netty-codec netty-resolver netty-transport-native-unix-common servlet-api; do
  class_path=$class_path:$java_directory/$jar.jar
done

# exec: a signal to the container must reach the server itself.
exec java -Xmx512m ${JVMFLAGS:-} -cp "$class_path" \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$1"
