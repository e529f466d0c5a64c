using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Osmo.Agent;

/// <summary>The authorities that may sign the service's certificate.</summary>
internal static class HostAuthorities
{
    /// <exception cref="ChannelException">The file cannot be used. It may be so later.</exception>
    public static X509Certificate2Collection Read(string path)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ChannelException($"The certificates in --host-ca-file {path} cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? authorities : throw new ChannelException($"--host-ca-file {path} holds no PEM certificate.");
    }
}
