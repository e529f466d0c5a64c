using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Osmo.KubeSim.Api;

/// <summary>Who a request comes from: a bearer token's user, a client certificate's common name, or anybody if that is allowed.</summary>
internal sealed class Authenticator(KubeSimOptions options)
{
    private const string Scheme = "Bearer ";

    private static readonly KubeSimUser Anybody = new("system:anonymous");

    public async ValueTask<KubeSimUser> AuthenticateAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && options.Tokens.Count > 0)
        {
            return options.Tokens.TryGetValue(header[Scheme.Length..].Trim(), out var user) ? user : throw Failures.Unauthorized();
        }

        // The TLS handshake has checked it against the server's CA already.
        if (options.Tls && await context.Connection.GetClientCertificateAsync(context.RequestAborted) is { } certificate)
        {
            return new KubeSimUser(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        }

        return options.Tokens.Count == 0 && !options.RequireClientCertificate ? Anybody : throw Failures.Unauthorized();
    }
}
