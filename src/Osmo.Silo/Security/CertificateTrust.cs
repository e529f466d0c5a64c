using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Silo.Security;

/// <summary>Whether a certificate is one of this cluster's.</summary>
internal static class CertificateTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// Whether a member's certificate is good: it carries the name that members have to carry, and may stand at both ends of a connection.
    /// Orleans sends both ways over a connection, whoever made it, so whoever calls has to show the same as who is called.
    /// </summary>
    public static bool IsMember(
        X509Certificate? certificate, X509Chain? presented, X509Certificate2Collection authorities, string name) =>
        LeadsTo(certificate, presented, authorities)
        && ((X509Certificate2)certificate!).MatchesHostname(name, allowCommonName: false);

    private static bool LeadsTo(X509Certificate? certificate, X509Chain? presented, X509Certificate2Collection authorities)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return false;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        // What a certificate names as its issuer's address is not for this machine to fetch.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        }

        return chain.Build(shown);
    }
}
