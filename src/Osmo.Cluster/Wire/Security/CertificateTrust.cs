using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Cluster.Wire.Security;

/// <summary>Whether a certificate leads to one of the cluster's authorities and is meant for its end of the connection.</summary>
internal static class CertificateTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Whether a caller's certificate is good.</summary>
    public static bool IsCaller(X509Certificate? certificate, X509Chain? presented, X509Certificate2Collection authorities) =>
        LeadsTo(certificate, presented, authorities, ClientAuthentication);

    /// <summary>Whether a silo's certificate is good and carries the name that silos have to carry.</summary>
    public static bool IsSilo(
        X509Certificate? certificate, X509Chain? presented, X509Certificate2Collection authorities, string serverName) =>
        LeadsTo(certificate, presented, authorities, ServerAuthentication)
        && ((X509Certificate2)certificate!).MatchesHostname(serverName, allowCommonName: false);

    private static bool LeadsTo(
        X509Certificate? certificate, X509Chain? presented, X509Certificate2Collection authorities, string purpose)
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
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (presented is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        }

        return chain.Build(shown);
    }
}
