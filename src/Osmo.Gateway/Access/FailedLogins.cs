using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Osmo.Access.Recognition;

namespace Osmo.Gateway.Access;

/// <summary>
/// Bounds the wrong credentials that an address may send: past the bound they are refused without a look into the store. Right ones are
/// not bounded, so that nobody is locked out by others behind the same address. Addresses share a fixed number of budgets, by a secret
/// hash: the memory is bounded, and an attacker cannot choose whom to share with.
/// </summary>
internal sealed class FailedLogins(TimeProvider time)
{
    private const int Budgets = 4_096;
    private const double PerSecond = 0.5;
    private const double Burst = 20;

    /// <summary>How much of an IPv6 address is one network, in bytes: whoever has an address there has all of them.</summary>
    private const int NetworkBytes = 8;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(16);
    private readonly RequestBudget?[] _budgets = new RequestBudget?[Budgets];

    /// <summary>Whether the address may be wrong once more.</summary>
    public bool HasAny(IPAddress? address) => Of(address).HasAny;

    /// <summary>Notes a wrong credential.</summary>
    /// <returns>Whether the address was within its bound.</returns>
    public bool TryTake(IPAddress? address) => Of(address).TryTake();

    private RequestBudget Of(IPAddress? address)
    {
        var bytes = (address ?? IPAddress.None).GetAddressBytes();
        var network = address?.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
            ? bytes.AsSpan(0, NetworkBytes)
            : bytes;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, network, hash);
        ref var budget = ref _budgets[BitConverter.ToUInt16(hash) % Budgets];
        return budget ?? Interlocked.CompareExchange(ref budget, new RequestBudget(PerSecond, Burst, time), null) ?? budget;
    }
}
