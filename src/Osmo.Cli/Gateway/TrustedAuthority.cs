using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Osmo.Kubernetes;

namespace Osmo.Cli.Gateway;

/// <summary>Trusts a gateway's certificate by an authority of one's own.</summary>
internal static class TrustedAuthority
{
    /// <summary>A handler that takes proxies from the environment, as every HTTP client does, and authorities from a file.</summary>
    /// <param name="caFile">PEM file of certificates; null for those of the system.</param>
    /// <exception cref="CliError">The file cannot be used.</exception>
    public static HttpMessageHandler Handler(string? caFile)
    {
        var handler = new SocketsHttpHandler { Proxy = Proxy() };
        if (caFile is not null)
        {
            var authorities = Read(caFile);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                ServerTrust.IsTrusted(certificate, chain, errors, authorities);
        }

        return handler;
    }

    private static EnvironmentProxy Proxy()
    {
        try
        {
            return new EnvironmentProxy();
        }
        catch (KubernetesConfigurationException wrong)
        {
            throw new CliError(wrong.Message);
        }
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
}
