using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Kubernetes;

/// <summary>
/// Whether a server's certificate leads to one of a configured set of certificates. As in Go's verifier, and so in kubectl, any
/// certificate of the set is an anchor: a file that holds only an intermediate authority is enough.
/// </summary>
public static class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private const X509ChainStatusFlags BeyondTheAnchor = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

    /// <summary>Whether to go on with a handshake.</summary>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="presented">The chain that the handshake made of what the server sent.</param>
    /// <param name="errors">What the handshake itself found; a wrong name is never forgiven.</param>
    /// <param name="anchors">The certificates to trust, and no others.</param>
    public static bool IsTrusted(
        X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection anchors)
    {
        ArgumentNullException.ThrowIfNull(anchors);
        if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        return WithoutNamesakes(anchors).Any(some => IsTrusted(server, presented, some));
    }

    /// <summary>
    /// The platform tries one of several anchors of the same name, and an authority that renews its certificate keeps its name: each of
    /// them gets its turn.
    /// </summary>
    private static IEnumerable<X509Certificate2Collection> WithoutNamesakes(X509Certificate2Collection anchors)
    {
        ILookup<string, X509Certificate2> named = anchors.ToLookup(anchor => Convert.ToHexString(anchor.SubjectName.RawData));
        if (named.Count == anchors.Count)
        {
            return [anchors];
        }

        X509Certificate2[] others = [.. named.Where(one => one.Count() == 1).SelectMany(one => one)];
        return named.Where(several => several.Count() > 1).SelectMany(several => several)
            .Select(anchor => new X509Certificate2Collection((X509Certificate2[])[anchor, .. others]));
    }

    private static bool IsTrusted(X509Certificate2 server, X509Chain? presented, X509Certificate2Collection anchors)
    {
        using X509Chain chain = new() { ChainPolicy = PolicyFor(anchors) };
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        }

        // The platform takes only self-signed certificates for roots, so a chain that ends at any other anchor counts as incomplete;
        // every other fault stands, and without an anchor in it a chain is worth nothing.
        return chain.Build(server)
            && chain.ChainStatus.All(status => (status.Status & ~BeyondTheAnchor) == X509ChainStatusFlags.NoError)
            && chain.ChainElements.Any(element => Holds(anchors, element.Certificate));
    }

    private static X509ChainPolicy PolicyFor(X509Certificate2Collection anchors)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,

            // What the server names as its issuer's address is not for this machine to fetch.
            DisableCertificateDownloads = true,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        policy.CustomTrustStore.AddRange(anchors);
        policy.ExtraStore.AddRange(anchors);
        return policy;
    }

    private static bool Holds(X509Certificate2Collection anchors, X509Certificate2 certificate) =>
        anchors.Any(anchor => anchor.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));
}
