using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Cli.Gateway;

/// <summary>Trusts a gateway's certificate by an authority of one's own.</summary>
internal static class TrustedAuthority
{
    /// <summary>A handler that takes proxies from the environment, as every HTTP client does, and authorities from a file.</summary>
    /// <param name="caFile">PEM file of certificates; null for those of the system.</param>
    /// <exception cref="CliError">The file cannot be used.</exception>
    public static HttpMessageHandler Handler(string? caFile)
    {
        var handler = new SocketsHttpHandler();
        if (caFile is not null)
        {
            var authorities = Read(caFile);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                Accepts(authorities, certificate, chain, errors);
        }

        return handler;
    }

    private static X509Certificate2Collection Read(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CliError($"The file {file} of --ca-file cannot be read: {failure.Message}");
        }

        return authorities.Count > 0
            ? authorities
            : throw new CliError($"The file {file} of --ca-file holds no certificate. It has to be PEM: -----BEGIN CERTIFICATE-----.");
    }

    private static bool Accepts(
        X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var copy = X509CertificateLoader.LoadCertificate(certificate.Export(X509ContentType.Cert));
        return chain.Build(copy);
    }
}
