using System.Collections.Immutable;
using System.Security.Cryptography;
using Osmo.Domain.Errors;

namespace Osmo.Access.Secrets;

/// <summary>
/// The keys that protect secrets at rest: the first one seals, all of them open. A key is replaced by putting a new one in front of it,
/// and taken away when nothing that it sealed is left.
/// </summary>
public sealed class SecretsKeyRing
{
    /// <summary>How to make a key, for messages.</summary>
    public const string HowToMakeOne = "openssl rand -base64 32";

    private const int KeysMax = 16;

    /// <summary>Creates a ring.</summary>
    /// <param name="keys">The keys, the one that seals first; at least one.</param>
    public SecretsKeyRing(ImmutableArray<SecretsKey> keys)
    {
        ArgumentOutOfRangeException.ThrowIfZero(keys.Length);
        Keys = keys;
    }

    /// <summary>
    /// The ring of developer mode: a key that everybody knows, so that processes on one machine agree without a file. It protects nothing.
    /// </summary>
    public static SecretsKeyRing Development { get; } = new([new SecretsKey("osmo developer mode - no secret!"u8)]);

    /// <summary>All keys, the one that seals first.</summary>
    public ImmutableArray<SecretsKey> Keys { get; }

    /// <summary>The key that seals, and that new keyed hashes are made with.</summary>
    public SecretsKey Current => Keys[0];

    /// <summary>
    /// Reads keys: base64 of 32 bytes each, separated by line ends or commas; lines that begin with <c>#</c> are comments.
    /// </summary>
    /// <param name="text">The keys.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="OsmoException">There is none, or one is not a key. The message does not repeat it.</exception>
    public static SecretsKeyRing Parse(string text, string source)
    {
        var keys = ImmutableArray.CreateBuilder<SecretsKey>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
            {
                Read(line, source, keys);
            }
        }

        return keys.Count is > 0 and <= KeysMax
            ? new SecretsKeyRing(keys.ToImmutable())
            : throw new OsmoException(
                ErrorCode.Invalid,
                $"{source} has {keys.Count} keys for secrets; it takes from 1 to {KeysMax}. Make one with: {HowToMakeOne}");
    }

    /// <summary>The text of a new key, as <see cref="Parse"/> reads it.</summary>
    public static string NewKeyText() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretsKey.Bytes));

    /// <summary>The key with that id; null where the ring has none.</summary>
    public SecretsKey? Find(ReadOnlySpan<char> id)
    {
        foreach (var key in Keys)
        {
            if (id.SequenceEqual(key.Id))
            {
                return key;
            }
        }

        return null;
    }

    private static void Read(string line, string source, ImmutableArray<SecretsKey>.Builder keys)
    {
        Span<byte> material = stackalloc byte[SecretsKey.Bytes];
        foreach (var text in line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Convert.TryFromBase64String(text, material, out var length) || length != SecretsKey.Bytes)
            {
                throw new OsmoException(
                    ErrorCode.Invalid,
                    $"Key {keys.Count + 1} of {source} is not base64 of {SecretsKey.Bytes} bytes. Make one with: {HowToMakeOne}");
            }

            var key = new SecretsKey(material);
            CryptographicOperations.ZeroMemory(material);
            if (keys.Any(other => other.Id == key.Id))
            {
                throw new OsmoException(ErrorCode.Invalid, $"{source} has key {key.Id} twice. Take one of the two away.");
            }

            keys.Add(key);
        }
    }
}
