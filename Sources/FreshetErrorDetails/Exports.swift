// `import FreshetErrorDetails` includes the messages of google.rpc.

@_exported public import GoogleRPC
