#!/usr/bin/perl
# Shows whether packets pass in one direction. A TCP connection or a ping needs both directions and could not
# tell `a to b is cut` from `b to a is cut`; a datagram with a token needs one.
#   ordeal-probe listen TOKEN MS    prints "listening PORT", then "received" if the token arrives within MS
#   ordeal-probe send ADDRESS PORT TOKEN COUNT    sends the token COUNT times, 20 ms apart
# Only what Debian's perl-base holds is used.
use strict;
use warnings;
use Socket;

$| = 1;
my $mode = shift @ARGV // '';
socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";

if ($mode eq 'listen') {
    my ($token, $ms) = @ARGV;
    # Port 0: any free one, so that several probes of one pod do not meet.
    bind($socket, sockaddr_in(0, INADDR_ANY)) or die "cannot listen: $!\n";
    my ($port) = sockaddr_in(getsockname($socket));
    print "listening $port\n";
    my $left = $ms / 1000;
    while ($left > 0) {
        my $ready = '';
        vec($ready, fileno($socket), 1) = 1;
        # On Linux select says how much of its time is left.
        (my $found, $left) = select($ready, undef, undef, $left);
        last unless $found > 0;
        recv($socket, my $seen, 128, 0);
        if (defined $seen && $seen eq $token) {
            print "received\n";
            exit 0;
        }
    }
    print "nothing\n";
} elsif ($mode eq 'send') {
    my ($address, $port, $token, $count) = @ARGV;
    my $host = inet_aton($address) // die "not an address: $address\n";
    for (1 .. $count) {
        # A refusal by the other side (ICMP) answers an earlier datagram and is no failure of this one.
        send($socket, $token, 0, sockaddr_in($port, $host));
        select(undef, undef, undef, 0.02);
    }
} else {
    die "usage: ordeal-probe listen TOKEN MS | send ADDRESS PORT TOKEN COUNT\n";
}
