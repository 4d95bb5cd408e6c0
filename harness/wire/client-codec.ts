// The client protocol's codecs under one name: handshake, requests, replies.
// Encoders called `encode…Frame` return whole frames; decoders take a frame's body.

export * from './client-replies.ts';
export * from './client-requests.ts';
export * from './connect-codec.ts';
