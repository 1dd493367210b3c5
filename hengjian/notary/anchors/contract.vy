# pragma version 0.4.3
# pragma evm-version paris
# pragma optimize gas
"""
@title Heads of a transparency log, each with the block's time
@license Apache-2.0
@notice Only the account that deployed the contract writes. The size only ever grows; nothing is
        changed or removed. There is no transfer of ownership: a lost or stolen key means a new
        contract, and the old one stays readable.
@dev Paris is the youngest EVM that FISCO BCOS 3.x runs without its feature switches. Everything is
     readable without a call that takes arguments: by event, by the input of the transaction, by
     storage. `owner`, `last` and `count` take none. From `last`, `previous` leads back through the
     whole history. Some chains (FISCO BCOS) count a block's time in milliseconds.
"""

event Anchored:
    size: indexed(uint256)
    root: bytes32
    at: uint256
    previous: uint256

struct Head:
    root: bytes32
    at: uint256
    previous: uint256

owner: public(address)
newest: uint256
count: public(uint256)
heads: HashMap[uint256, Head]


@deploy
def __init__():
    self.owner = msg.sender


@external
def anchor(size: uint256, root: bytes32):
    """
    @notice Write down that the log had this root at this size.
    """
    assert msg.sender == self.owner, "not the owner"
    assert size > self.newest, "the size must grow"
    assert root != empty(bytes32), "no root"
    previous: uint256 = self.newest
    self.heads[size] = Head(root=root, at=block.timestamp, previous=previous)
    self.newest = size
    self.count += 1
    log Anchored(size=size, root=root, at=block.timestamp, previous=previous)


@external
@view
def at(size: uint256) -> Head:
    """
    @notice The head of this size; all zeros when there is none.
    """
    return self.heads[size]


@external
@view
def last() -> (uint256, bytes32, uint256):
    """
    @notice Size, root and time of the newest head; all zeros when there is none.
    """
    newest: uint256 = self.newest
    return newest, self.heads[newest].root, self.heads[newest].at
