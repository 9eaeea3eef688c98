// `import FreshetErrorDetails` brings the messages of google.rpc along.

@_exported public import GoogleRPC
